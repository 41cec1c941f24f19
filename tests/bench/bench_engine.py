"""The engine as a program: the service as ``ringflow serve`` runs it, which notes its times where it is asked to."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from bench_child import answer, tell

from engine.check.run import load
from engine.checkpoints import Watch
from engine.commands.serve import keep_start, run
from engine.config import Settings
from engine.flows_folder import read_folder
from engine.service import Serving, serve

webhooks: list[tuple[int, bytes]] = []  # when the last byte of a body was read
requests: list[tuple[int, str]] = []  # when the first byte of a request was about to be written


def main(watches: str) -> None:
    settings = Settings.from_environment(os.environ, read_file=lambda path: Path(path).read_text(), for_serve=True)
    files = read_folder(settings.flows)
    loaded = load(files)
    assert loaded.version is not None, loaded.problems
    watch = Watch(
        webhook_read=lambda raw: webhooks.append((time.monotonic_ns(), raw)),
        request_begins=lambda path: requests.append((time.monotonic_ns(), path)),
    )
    tasks = []

    async def answer_questions(serving: Serving) -> None:
        await answer(
            times=lambda: {"webhooks": [(ns, raw.decode()) for ns, raw in webhooks], "requests": requests},
            cpu=time.process_time,
        )
        serving.stop()

    def ready(serving: Serving) -> None:
        keep_start(serving)
        tell({"port": serving.port})
        tasks.append(asyncio.get_running_loop().create_task(answer_questions(serving)))

    run(serve(settings, loaded.version, files, ready=ready, watch=watch if watches == "watch" else None))


if __name__ == "__main__":
    main(sys.argv[1])

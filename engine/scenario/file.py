"""One scenario file from its text to its report."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from engine.check.run import load
from engine.scenario.bench import Bench, Load, Material
from engine.scenario.report import Report
from engine.simulator.options import Options


def run_file(
    path: str, text: bytes | str, files: Mapping[str, bytes], *, load: Load = load, options: Options | None = None
) -> Report:
    """
    Return what came of every scenario of one ``*.test.yaml``.

    *path* is quoted in the report. *files* are the flows folder, as ``load`` takes it: names to contents; ``test:``
    gives one of these names. Where the folder has errors, they are the report. *options* are the simulated Telnyx's.
    No I/O; the same arguments give the same report.
    """
    material = Material(tests={path: text}, folders={posixpath.dirname(path): files})
    bench = Bench(material, load=load, options=options)
    return bench.report([bench.run(work) for work in bench.works])

"""``python -m engine``: the same as the ``ringflow`` command."""

from engine.cli import run

run()

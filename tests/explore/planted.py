"""Flows in which one thing is wrong, and how tests explore them."""

from __future__ import annotations

from pathlib import Path

from engine.check.run import load
from engine.core.flow import Version
from engine.explore.material import Material
from engine.explore.run import Finding, begun, explore
from engine.explore.walk import Walk

HERE = Path(__file__).resolve().parent
FLOWS = HERE / "flows"
ROOT = HERE.parent.parent
# What is wrong in each flow of flows/, as the explorer says it.
PLANTED = {
    "agent_leaves": "the caller sits in silence for longer than 10s, in talking",
    "answering_machine": "the caller does nothing, and goes round from machine to pause to machine without an end",
    "asks_for_ever": "the caller does nothing, and goes round from sorry to menu to sorry without an end",
    "busy_agent": "the caller sits in silence for longer than 10s, in busy",
    "closed": "the caller sits in silence for longer than 10s, in closed",
    "counts_for_ever": "the caller does nothing, and only the longest call (10m) ends it, in menu",
    "left_ringing": "the caller is on the phone, and nothing will ever happen to them",
    "lookup_answers": "the caller sits in silence for longer than 10s, in silent",
    "lookup_fails": "the caller sits in silence for longer than 10s, in unknown",
    "queue_for_ever": "the caller does nothing, and goes round from again to line to again without an end",
    "raw_dial": "+15551239999 still rings 10s after whoever had it rung has gone",
    "retries_for_ever": "the caller does nothing, and goes round in welcome without an end",
    "right_pin": "the caller sits in silence for longer than 10s, in inside",
    "silent_error": "the caller sits in silence for longer than 10s, in menu",
    "silent_timeout": "the caller sits in silence for longer than 10s, in pause",
    "told_ai": "the caller sits in silence for longer than 10s, in silent",
}


def files_of(*names: str, **replaced: str) -> dict[str, bytes]:
    """Return a folder with these flows and their project; *replaced* are texts to put in place of others."""
    files = {f"{name}.flow.yaml": (FLOWS / f"{name}.flow.yaml").read_bytes() for name in names}
    return files | {"project.yaml": (FLOWS / "project.yaml").read_bytes()}


def version_of(files: dict[str, bytes]) -> Version:
    loaded = load(files)
    assert loaded.version is not None, [str(problem) for problem in loaded.problems]
    return loaded.version


def walk_of(files: dict[str, bytes], name: str, **limits: int) -> Walk:
    """Return the walk of one flow before its first step."""
    version = version_of(files)
    return begun(Material(flow=version.flows[name], version=version), **limits)[0]


def finding_of(files: dict[str, bytes], name: str, **limits: int) -> Finding:
    version = version_of(files)
    return explore(version.flows[name], version, **limits)

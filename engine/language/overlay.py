"""Lays ``project.STAGE.yaml`` over ``project.yaml``, key by key (interfaces.md, ``RINGFLOW_STAGE``)."""

from __future__ import annotations

from dataclasses import replace

from engine.language.nodes import Entry, Map


def overlay(base: Map, top: Map) -> Map:
    """Return *base* with the entries of *top* in it: maps are joined, everything else is replaced."""
    entries = [_joined(entry, top.entry(entry.key.text)) for entry in base.entries]
    entries += [entry for entry in top.entries if base.entry(entry.key.text) is None]
    return replace(base, entries=tuple(entries))


def _joined(base: Entry, top: Entry | None) -> Entry:
    if top is None:
        return base
    if isinstance(base.value, Map) and isinstance(top.value, Map):
        return base._replace(value=overlay(base.value, top.value))
    return top

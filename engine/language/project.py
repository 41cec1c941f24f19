"""``project.yaml``: what the flows of a folder share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.flow import Audio, Project, Unrouted
from engine.language.nodes import List, Map, Node, Scalar
from engine.language.values import Reading

PATH = "project.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTree:
    """The project with the places of its names. *is_sound* is False when parts of the file could not be read."""

    project: Project = field(default_factory=Project)
    places: Mapping[str, Scalar] = field(default_factory=dict)  # "unrouted" -> the flow's name, "audio.X" -> the file
    is_sound: bool = True


def parse_project(root: Map, reading: Reading) -> ProjectTree:
    """Return the usable parts of the file."""
    values: dict[str, Any] = {}
    for entry in root:
        if reading.usable(entry.key) and reading.usable(entry.value):
            values |= _section(reading, entry.key.text, entry.value)
    places: dict[str, Scalar] = {}
    unrouted = root.get("unrouted")
    if isinstance(unrouted, Map):
        flow = unrouted.get("flow")
        places = {"unrouted": flow} if isinstance(flow, Scalar) else {}
    for entry in reading.entries(root, "audio"):
        file = entry.value.get("file") if isinstance(entry.value, Map) else None
        if isinstance(file, Scalar):
            places[f"audio.{entry.key.text}"] = file
    project = Project(**values)
    return ProjectTree(project=project, places=places, is_sound=not reading.broken and not reading.skipped)


def with_addresses(tree: ProjectTree, sounds: Mapping[str, str]) -> ProjectTree:
    """Return *tree* with the addresses of its audio files; *sounds* maps their paths to them."""
    audio = {
        name: replace(audio, address=sounds.get(audio.file, "")) if audio.file else audio
        for name, audio in tree.project.audio.items()
    }
    return replace(tree, project=replace(tree.project, audio=audio))


def _section(reading: Reading, word: str, node: Node) -> dict[str, Any]:
    match word, node:
        case (("secrets" | "may_call" | "http_hosts"), List()):
            return {word: tuple(_texts(reading, node))}
        case "telnyx", Map():
            return {entry.key.text: _text(entry.value) for entry in _usable(reading, node)}
        case "numbers", Map():
            return {word: {entry.key.text: _text(entry.value) for entry in _usable(reading, node)}}
        case "audio", Map():
            return {word: {name: Audio(**values) for name, values in _maps(reading, node).items()}}
        case "notify", Map():
            return {word: {name: values.get("url", "") for name, values in _maps(reading, node).items()}}
        case "lists", Map():
            return {
                word: {
                    entry.key.text: tuple(_texts(reading, entry.value))
                    for entry in _usable(reading, node)
                    if isinstance(entry.value, List)
                }
            }
        case "unrouted", Scalar():
            return {word: Unrouted(kind=node.text)}  # type: ignore[arg-type]
        case "unrouted", Map():
            return {word: Unrouted(kind="flow", flow=_text(node.get("flow")))}
    return {}


def _usable(reading: Reading, node: Map) -> list[Any]:
    return [entry for entry in node if reading.usable(entry.key) and reading.usable(entry.value)]


def _maps(reading: Reading, node: Map) -> dict[str, dict[str, str]]:
    return {
        entry.key.text: {inner.key.text: _text(inner.value) for inner in _usable(reading, entry.value)}
        for entry in _usable(reading, node)
        if isinstance(entry.value, Map)
    }


def _texts(reading: Reading, node: List) -> list[str]:
    return [item.text for item in node if reading.usable(item) and isinstance(item, Scalar)]


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""

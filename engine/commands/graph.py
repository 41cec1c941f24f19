"""``ringflow graph``: flows as pictures, and pictures in Markdown pages that stay true."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands.folders import folders, settings, shown
from engine.commands.graphviz import picture
from engine.commands.terminal import OK, PROBLEMS, say
from engine.errors import FlowError, SettingsError
from engine.flows_folder import FLOW_ENDING, read_folder

if TYPE_CHECKING:
    from engine.graph.build import Sheet
    from engine.graph.markdown import Block

_ENDINGS = {".svg": "svg", ".png": "png", ".dot": "dot", ".gv": "dot"}


@click.command(epilog="Example: ringflow graph flows/support_desk.flow.yaml --output support_desk.svg")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot", "svg", "png"]),
    help="What to draw [as the name of --output ends, else mermaid].",
)
@click.option("--output", type=click.Path(dir_okay=False), help="The file to write, instead of printing.")
@click.option("--write", metavar="MARKDOWN", help="Draw the diagrams of a Markdown page anew.")
@click.option("--check", metavar="MARKDOWN", help="Say whether the diagrams of a Markdown page are up to date.")
def graph(paths: tuple[str, ...], form: str | None, output: str | None, write: str | None, check: str | None) -> int:
    """
    Draw flows: their states, what is said there, and what leads from one to the next. Errors are red.

    PATHS are folders or single flows; without them, the folder RINGFLOW_FLOWS. svg and png need Graphviz.
    """
    if (output or form) and (write or check):
        raise click.UsageError("--write and --check draw Mermaid into the page; leave --format and --output out")
    if write and check:
        raise click.UsageError("give either --write or --check")
    if write:
        return _write(Path(write), paths)
    if check:
        return _check(Path(check), paths)
    form = form or _ENDINGS.get(Path(output or "").suffix.lower(), "mermaid")
    found_settings = settings()
    drawn = _drawn(_sheets(paths or (found_settings.flows,), found_settings.stage), form)
    if output is not None:
        _save(Path(output), drawn)
    elif form != "png":
        say(drawn.decode())
    elif sys.stdout.isatty():
        raise click.UsageError("a PNG cannot be shown here; write it to a file with --output FILE.png")
    else:
        sys.stdout.buffer.write(drawn)
    return OK


def _sheets(paths: Sequence[str], stage: str | None) -> list[Sheet]:
    from engine.check.run import load
    from engine.graph.build import Sheet

    found = []
    for folder, only in folders(paths):
        loaded = load(read_folder(folder, stage=stage))
        trees = {tree.path: tree for tree in loaded.folder.trees}
        for name, document in loaded.folder.documents.items():
            if name.endswith(FLOW_ENDING) and (only is None or name in only):
                path, tree = shown(folder, name), trees.get(name)
                problems = tuple(problem for problem in loaded.problems if problem.path == name)
                tree = None if tree is None else replace(tree, path=path)
                found.append(Sheet(path=path, tree=tree, root=document.root, problems=problems))
    if not found:
        raise FlowError(f"there is no flow to draw in {' '.join(paths)}; name a file that ends in {FLOW_ENDING}")
    errors = sum(problem.severity == "error" for sheet in found for problem in sheet.problems)
    if errors:
        count = "one problem is" if errors == 1 else f"{errors} problems are"
        click.echo(f"ringflow: {count} drawn in red; ringflow check {' '.join(paths)} says more", err=True)
    return found


def _drawn(sheets: Sequence[Sheet], form: str) -> bytes:
    from engine.graph.build import build
    from engine.graph.dot import as_dot
    from engine.graph.mermaid import as_mermaid

    diagram = build(sheets)
    if form == "mermaid":
        return as_mermaid(diagram).encode()
    dot = as_dot(diagram).encode()
    return dot if form == "dot" else picture(dot, form)


def _write(page: Path, paths: Sequence[str]) -> int:
    from engine.graph.markdown import updated

    before = _read(page)
    after = updated(before, _diagrams(page, before, paths))
    if after != before:
        _save(page, after)
    say(f"{page}: {'the diagrams were' if after == before else 'the diagrams are now'} up to date")
    return OK


def _check(page: Path, paths: Sequence[str]) -> int:
    from engine.graph.markdown import is_current

    text = _read(page)
    diagrams = _diagrams(page, text, paths)
    stale = [block for block, mermaid in diagrams.items() if not is_current(text, block, mermaid)]
    for block in stale:
        say(f"{page}:{block.line}: the diagram of {block.path} is out of date; run ringflow graph --write {page}")
    if not stale:
        say(f"{page}: the diagrams are up to date")
    return PROBLEMS if stale else OK


def _diagrams(page: Path, text: bytes, paths: Sequence[str]) -> dict[Block, str]:
    """
    Return what each block of *page* shall show.

    Raises:
        FlowError: there is no block, or none for one of *paths*, or a block's flow cannot be read.
    """
    from engine.graph.markdown import blocks, markers

    found = blocks(text, str(page))
    known = {(page.parent / block.path).resolve() for block in found}
    missing = [path for path in paths if Path(path).resolve() not in known]
    if missing or not found:
        wanted = [Path(os.path.relpath(path, page.parent)).as_posix() for path in missing]
        lines = "\n".join(markers(path) for path in wanted or ["PATH/OF/YOUR.flow.yaml"])
        raise FlowError(f"{page} has no place for this diagram; paste these lines where it shall stand:\n{lines}")
    diagrams = {}
    for block in found:
        try:
            diagrams[block] = _drawn(_sheets([str(page.parent / block.path)], None), "mermaid").decode()
        except FlowError as error:
            raise FlowError(f"{page}:{block.line}: {error}") from None
    return diagrams


def _read(page: Path) -> bytes:
    try:
        return page.read_bytes()
    except OSError as error:
        raise SettingsError(f"{page} cannot be read: {error.strerror}") from None


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None

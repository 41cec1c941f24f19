"""Every mistake in every flow, and a sample of them drawn with a seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from random import Random

from mutation_kinds_flow import wrong_sense
from mutation_kinds_layout import wrong_layout
from mutation_kinds_values import wrong_values
from mutation_kinds_words import misspelt
from mutation_places import Source
from mutation_table import Mutant, Table, Verdict, judge, meaning

from engine.check.run import check_files

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDERS = (
    ROOT / "flows",
    *sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir()),
    *sorted(path for path in (HERE / "flows").iterdir() if path.is_dir()),
)


@dataclass(frozen=True)
class Subject:
    """A flow, and the files that it is checked with."""

    source: Source
    folder: Mapping[str, bytes]

    @cached_property
    def meaning(self) -> object:
        return meaning(self.source.text)


def subjects() -> list[Subject]:
    """Return all flows that are shipped, shown as examples, or kept here; each checks clean."""
    found: dict[str, Subject] = {}
    for folder in FOLDERS:
        files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml")) if _is_of_version(path.name)}
        for name in files:
            if name.endswith(".flow.yaml"):  # one that ships goes before a copy that is kept here
                found.setdefault(name, Subject(Source(name, files[name].decode()), _fewest(name, files)))
    return list(found.values())


def _is_of_version(name: str) -> bool:
    return name.endswith(".flow.yaml") or name == "project.yaml"


def _fewest(name: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return the flow with its project file if it is complete so, or with the flows around it, or the whole folder."""
    flows = {path: path.removesuffix(".flow.yaml").encode() for path in files if path.endswith(".flow.yaml")}
    around = {path for path, word in flows.items() if word in files[name] or flows[name] in files[path]}
    for wanted in ({name}, around):
        few = {path: content for path, content in files.items() if path in {*wanted, "project.yaml"}}
        if not check_files(few):
            return few
    return files


def all_changes(subject: Subject, seed: int) -> list[Mutant]:
    """Return every change of one flow, each text once; *seed* chooses the letters. Some say the same as before."""
    source = subject.source
    rng = Random(f"{seed} {source.path}")
    found: dict[str, Mutant] = {}
    for make in (misspelt, wrong_values, wrong_layout, wrong_sense):
        for mutant in make(source, rng):
            found.setdefault(mutant.text, mutant)
    found.pop(source.text, None)
    return list(found.values())


def sample(everything: Sequence[Subject], number: int, seed: int) -> Iterator[tuple[Mutant, Subject]]:
    """Yield *number* mistakes: of each kind as many as of the others, as far as there are so many."""
    by_kind: dict[str, list[tuple[Mutant, Subject]]] = defaultdict(list)
    for subject in everything:
        for mutant in all_changes(subject, seed):
            by_kind[mutant.kind].append((mutant, subject))
    rng = Random(seed)
    kinds = sorted(by_kind, key=lambda kind: (len(by_kind[kind]), kind))
    for place, kind in enumerate(kinds):
        share = -(-number // (len(kinds) - place))
        rng.shuffle(by_kind[kind])
        real = (each for each in by_kind[kind] if is_mistake(*each))
        chosen = list(islice(real, share))
        number -= len(chosen)
        yield from chosen


def is_mistake(mutant: Mutant, subject: Subject) -> bool:
    """Tell whether the YAML says something else than before: not just other indentation or needless quotes."""
    return bool(mutant.excuse) or meaning(mutant.text) != subject.meaning


def run(everything: Sequence[Subject], seed: int, number: int) -> Table:
    """Return what the checker makes of *number* mistakes."""
    return Table([_verdict(mutant, subject) for mutant, subject in sample(everything, number, seed)])


_VERDICTS: dict[Mutant, Verdict] = {}  # many mistakes are the same for every seed


def _verdict(mutant: Mutant, subject: Subject) -> Verdict:
    if mutant not in _VERDICTS:
        _VERDICTS[mutant] = judge(mutant, subject.folder)
    return _VERDICTS[mutant]

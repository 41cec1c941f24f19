"""The flows that ship are beyond reproach, and no mangled copy of them upsets the checker."""

from __future__ import annotations

from time import process_time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slowness import slowness

from engine.check.report import as_json, as_text
from engine.check.run import check_files, load
from engine.flows_folder import read_folder
from engine.resources import schema_path

FLOWS = schema_path("flow.schema.json").parent.parent / "flows"
FILES = read_folder(FLOWS)
NAMES = sorted(FILES)
LETTERS = "abcxyz_:-#'\"{}[] \t\n01*é\u00a0\x1b\u202e"


def test_shipped_flows_have_no_problem_and_no_warning() -> None:
    result = load(FILES)

    assert result.problems == ()
    assert result.version is not None
    assert {f"{name}.flow.yaml" for name in result.version.flows} == {name for name in NAMES if ".flow." in name}


@st.composite
def mangled(draw: st.DrawFn) -> dict[str, bytes]:
    """The shipped files, one of them with a few lines lost, doubled, replaced, shifted or misspelt."""
    name = draw(st.sampled_from(NAMES))
    lines = FILES[name].decode().split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        cut = draw(st.integers(0, len(line)))
        letter = draw(st.sampled_from(LETTERS))
        other = lines[draw(st.integers(0, len(lines) - 1))]
        change = draw(st.sampled_from(["drop", "double", "other", "indent", "dedent", "insert", "remove", "empty"]))
        lines[at : at + 1] = {
            "drop": [], "double": [line, line], "other": [other], "indent": ["  " + line], "dedent": [line[2:]],
            "insert": [line[:cut] + letter + line[cut:]], "remove": [line[:cut] + line[cut + 1 :]],
            "empty": [line.partition(":")[0] + ":"],
        }[change]  # fmt: skip
        lines = lines or [""]
    return {**FILES, name: "\n".join(lines).encode("utf-8", "replace")}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=mangled())
def test_mangled_flow_gets_problems_with_places_and_never_an_exception(files: dict[str, bytes]) -> None:
    result = load(files)

    assert (result.version is None) == any(problem.severity == "error" for problem in result.problems)
    for problem in result.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert (problem.end_line, problem.end_column) >= (problem.line, problem.column)
    text = as_text(result.problems, files)
    assert not set(text) & {"\x1b", "\u202e"}
    assert as_json(result.problems).startswith("[")


def test_twenty_copies_are_checked_in_a_moment() -> None:
    files = {
        f"copy_{number}.flow.yaml": FILES["support_desk.flow.yaml"].replace(b"+1555123", f"+1{number:02}5123".encode())
        .replace(b"flow: support_desk", f"flow: copy_{number}".encode())
        for number in range(20)
    }  # fmt: skip
    files["project.yaml"] = FILES["project.yaml"]

    started = process_time()
    problems = check_files(files)

    assert problems == ()
    assert process_time() - started < 5 * slowness()

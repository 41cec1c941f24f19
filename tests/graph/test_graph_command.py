"""``ringflow graph`` as its users meet it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.cli import main

HELLO = """\
flow: hello
starts_when:
  calls_to: ["+15551230000"]
anywhere:
  on_error: hangup
start: hello
states:
  hello:
    do:
      - answer
      - speak: "Hello."
    then: hangup
"""
BLOCK = "Before.\n<!-- ringflow graph: ../flows/hello.flow.yaml -->\n<!-- /ringflow graph -->\nAfter.\n"


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "hello.flow.yaml").write_text(HELLO)
    return folder / "hello.flow.yaml"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs/page.md"
    page.write_text(BLOCK)
    return page


Capture = pytest.CaptureFixture[str]


def test_mermaid_is_printed(hello: Path, capsys: Capture):
    assert main(["graph", str(hello)]) == 0

    out, err = capsys.readouterr()
    assert out.startswith('flowchart TD\n  subgraph g1["hello"]\n')
    assert 's1["<b>hello</b><br/>answer<br/>“Hello.”"]' in out
    assert err == ""


def test_a_folder_is_one_diagram(hello: Path, capsys: Capture):
    (hello.parent / "other.flow.yaml").write_text(HELLO.replace("flow: hello", "flow: other").replace("0000", "0001"))

    assert main(["graph", str(hello.parent), "--format", "dot"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("digraph ringflow {\n")
    assert out.count("subgraph cluster_") == 2


def test_a_flow_with_errors_is_drawn_and_the_errors_are_counted(hello: Path, capsys: Capture):
    hello.write_text(HELLO.replace("then: hangup", "then: hangupp"))

    assert main(["graph", str(hello)]) == 0

    out, err = capsys.readouterr()
    assert "R001 there is no state 'hangupp'" in out
    assert err == f"ringflow: one problem is drawn in red; ringflow check {hello} says more\n"


@pytest.mark.parametrize(("name", "begin"), [("hello.svg", b"<?xml"), ("hello.PNG", b"\x89PNG"), ("h.txt", b"flowc")])
def test_the_name_of_the_output_says_what_is_drawn(hello: Path, tmp_path: Path, name: str, begin: bytes):
    if shutil.which("dot") is None and name != "h.txt":
        pytest.skip("Graphviz's program 'dot' is not installed here; apt-get install graphviz")

    assert main(["graph", str(hello), "--output", str(tmp_path / name)]) == 0

    assert (tmp_path / name).read_bytes().startswith(begin)


def test_the_format_wins_over_the_name(hello: Path, tmp_path: Path):
    assert main(["graph", str(hello), "--format", "dot", "--output", str(tmp_path / "hello.svg")]) == 0

    assert (tmp_path / "hello.svg").read_text().startswith("digraph")


@pytest.mark.parametrize("form", ["svg", "png"])
def test_without_graphviz_one_sentence_says_how_to_get_it(
    hello: Path, form: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", "")

    assert main(["graph", str(hello), "--format", form]) == 2

    error = capsys.readouterr().err
    assert error.startswith(f"ringflow: drawing {form} needs Graphviz, which is not here; install it with 'apt-get ")
    assert error.count("\n") == 1


def test_graphviz_that_fails_is_told(hello: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    broken = tmp_path / "bin/dot"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'no fonts' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent))

    assert main(["graph", str(hello), "--format", "svg"]) == 3

    assert capsys.readouterr().err.startswith("ringflow: Graphviz could not draw the diagram: no fonts; ")


def test_a_page_is_written_and_then_up_to_date(hello: Path, page: Path, capsys: Capture):
    assert main(["graph", "--check", str(page)]) == 1
    assert capsys.readouterr().out == (
        f"{page}:2: the diagram of ../flows/hello.flow.yaml is out of date; run ringflow graph --write {page}\n"
    )

    assert main(["graph", str(hello), "--write", str(page)]) == 0
    assert main(["graph", "--check", str(page)]) == 0

    text = page.read_text()
    assert text.startswith("Before.\n<!-- ringflow graph: ../flows/hello.flow.yaml -->\n```mermaid\nflowchart TD\n")
    assert text.endswith("```\n<!-- /ringflow graph -->\nAfter.\n")
    assert capsys.readouterr().out.endswith(f"{page}: the diagrams are up to date\n")


def test_a_changed_flow_makes_the_page_out_of_date(hello: Path, page: Path, capsys: Capture):
    main(["graph", "--write", str(page)])
    hello.write_text(HELLO.replace("Hello.", "Good morning."))

    assert main(["graph", "--check", str(page)]) == 1

    assert f"{page}:2: the diagram of" in capsys.readouterr().out


def test_a_page_without_markers_gets_the_lines_to_paste(hello: Path, page: Path, capsys: Capture):
    page.write_text("Nothing.\n")

    assert main(["graph", str(hello), "--write", str(page)]) == 1

    assert capsys.readouterr().err == (
        f"ringflow: {page} has no place for this diagram; paste these lines where it shall stand:\n"
        "<!-- ringflow graph: ../flows/hello.flow.yaml -->\n<!-- /ringflow graph -->\n"
    )
    assert page.read_text() == "Nothing.\n"


def test_a_flow_that_the_page_does_not_show_gets_its_lines_to_paste(hello: Path, page: Path, capsys: Capture):
    other = hello.with_name("other.flow.yaml")
    other.write_text(HELLO.replace("flow: hello", "flow: other").replace("0000", "0001"))

    assert main(["graph", str(other), "--check", str(page)]) == 1

    assert "<!-- ringflow graph: ../flows/other.flow.yaml -->" in capsys.readouterr().err


def test_a_block_of_a_flow_that_is_gone_is_told_with_its_line(hello: Path, page: Path, capsys: Capture):
    hello.rename(hello.with_name("moved.flow.yaml"))

    assert main(["graph", "--write", str(page)]) == 1

    assert capsys.readouterr().err.startswith(f"ringflow: {page}:2: there is no ")
    assert page.read_text() == BLOCK


@pytest.mark.parametrize(
    "arguments",
    [
        ["--write", "a.md", "--format", "svg"],
        ["--check", "a.md", "--output", "x"],
        ["--check", "a.md", "--write", "a.md"],
        ["--check", "nowhere.md"],
        ["--format", "gif"],
    ],
)
def test_arguments_that_make_no_sense_are_exit_code_2(arguments: list[str], capsys: Capture):
    assert main(["graph", *arguments]) == 2

    assert capsys.readouterr().err.startswith("ringflow: ")


def test_an_output_that_cannot_be_written_is_one_sentence(hello: Path, tmp_path: Path, capsys: Capture):
    target = tmp_path / "nowhere/hello.mmd"

    assert main(["graph", str(hello), "--output", str(target)]) == 2

    assert capsys.readouterr().err == f"ringflow: {target} cannot be written: No such file or directory\n"


def test_a_project_alone_is_no_flow(hello: Path, capsys: Capture):
    (hello.parent / "project.yaml").write_text("secrets: [pin]\n")

    assert main(["graph", str(hello.parent / "project.yaml")]) == 1

    assert "there is no flow to draw" in capsys.readouterr().err

"""The JUnit file: whatever stands in names and reports, it is well-formed XML that says the same."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from engine.scenario.junit import as_junit
from engine.scenario.report import Report, Result

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=30)


def document(*results: Result) -> ElementTree.Element:
    return ElementTree.fromstring(as_junit(Report(results=results), seconds=1.5).encode("utf-8"))


def result(**given: object) -> Result:
    return Result(**{"path": "x.test.yaml", "line": 4, "name": "x", "status": "failed", **given})


def test_a_whole_document_looks_like_this() -> None:
    passed = result(status="passed", name="One", seconds=0.25)
    failed = result(name='"A" <b> & c', line=9, problem="x.test.yaml:10: hears: A\n  at 0:01.0: no", seconds=0.5)

    text = as_junit(Report(results=(passed, failed)), seconds=1.0)

    assert (
        text
        == """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites name="ringflow" tests="2" failures="1" errors="0" time="1.000">
  <testsuite name="x.test.yaml" file="x.test.yaml" tests="2" failures="1" errors="0" time="0.750" skipped="0">
    <testcase name="One" classname="x.test.yaml" file="x.test.yaml" line="4" time="0.250" />
    <testcase name="&quot;A&quot; &lt;b&gt; &amp; c" classname="x.test.yaml" file="x.test.yaml" line="9" time="0.500">
      <failure message="at 0:01.0: no" type="scenario">x.test.yaml:10: hears: A
  at 0:01.0: no</failure>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_characters_that_xml_forbids_are_written_out() -> None:
    case = document(result(name="bell\x07 null\x00 half\ud800 end\uffff", problem="\x1b[31m", line=1))[0][0]

    assert case.attrib["name"] == r"bell\x07 null\x00 half\ud800 end\uffff"
    assert case[0].text == r"\x1b[31m"


@given(name=ANY_TEXT, problem=ANY_TEXT, path=ANY_TEXT)
def test_any_text_makes_a_document_that_can_be_read(name: str, problem: str, path: str) -> None:
    suite = document(result(name=name, problem=problem, path=path))[0]

    assert suite.attrib["tests"] == "1"
    assert suite.attrib["failures"] == ("1" if problem else "0")

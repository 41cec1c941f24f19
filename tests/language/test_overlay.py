"""A stage's project file is laid over project.yaml, key by key."""

from __future__ import annotations

from engine.check.run import load

FLOW = b"""\
flow: hello
about: Says hello.
starts_when: {calls_to: any}
anywhere: {on_error: hangup}
start: hello
states:
  hello:
    do: [answer, play: jingle]
    then: hangup
"""
PROJECT = b"""\
audio:
  jingle: {url: "https://example.com/a.mp3"}
  other: {url: "https://example.com/b.mp3"}
secrets: [pin]
"""


def test_maps_are_joined_and_everything_else_is_replaced():
    stage = b'audio:\n  jingle: {url: "https://example.com/staging.mp3"}\nsecrets: [code]\n'

    loaded = load({"hello.flow.yaml": FLOW, "project.yaml": PROJECT, "project.staging.yaml": stage})

    assert loaded.version is not None, loaded.problems
    project = loaded.version.project
    assert {name: audio.url[20:] for name, audio in project.audio.items()} == {
        "jingle": "staging.mp3",
        "other": "b.mp3",
    }
    assert project.secrets == ("code",)


def test_a_mistake_in_the_stages_file_is_shown_there():
    loaded = load({"hello.flow.yaml": FLOW, "project.yaml": PROJECT, "project.staging.yaml": b"audoi: {}\n"})

    assert [(problem.path, problem.line, problem.rule) for problem in loaded.problems] == [
        ("project.staging.yaml", 1, "S001")
    ]


def test_a_stage_makes_another_version():
    plain = load({"hello.flow.yaml": FLOW, "project.yaml": PROJECT}).version
    staged = load({"hello.flow.yaml": FLOW, "project.yaml": PROJECT, "project.s.yaml": b"secrets: []\n"}).version

    assert plain is not None
    assert staged is not None
    assert plain.hash != staged.hash

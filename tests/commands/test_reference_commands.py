"""``ringflow explain``, ``verbs`` and ``schema``: the reference that every installation carries."""

from __future__ import annotations

import json

import pytest

from engine.check.explain import LAYERS, near, rule_pages
from engine.cli import main
from engine.core.verbs import VERBS
from engine.resources import schema_path
from engine.tables import catalogue

VERB_KEYS = {"verb", "operations", "options", "events", "resend", "in_seeds"}
OPTION_KEYS = {"name", "type", "unit", "required", "default", "minimum", "maximum", "values"}


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


# -- explain ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["R001", "r001", "unknown-state", "Unknown-State", "UNKNOWN_STATE", "unknown state"])
def test_rule_is_found_by_code_and_name(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "explain", word).startswith("R001 unknown-state (error; Names)\n")


def test_every_rule_has_a_page_that_says_what_it_means(capsys: pytest.CaptureFixture[str]) -> None:
    for page in rule_pages():
        text = printed(capsys, "explain", page.code)

        assert text.startswith(f"{page.code} {page.name} ({page.severity}; ")
        assert " ".join(text.split()).count(" ".join(page.about.replace("`", "").split())) == 1
        assert "llowed" in text or f"# check: allow {page.code} because" in text


def test_without_a_rule_all_are_listed_by_layer(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "explain").splitlines()

    assert [line for line in lines if line and line[0] != " "] == [
        *(title.replace("`", "") for title in LAYERS.values()),
        "ringflow explain RULE says more about one.",
    ]
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [page.code for page in rule_pages()]


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    one = json.loads(printed(capsys, "explain", "--format", "json", "R001"))
    every = json.loads(printed(capsys, "explain", "--format", "json"))

    assert one in every
    assert one["can_be_allowed"] is False
    assert [*one["bad"]] == ["r001_unknown_state.flow.yaml"]
    assert len(every) == len(rule_pages())


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("unknwon-state", "there is no rule 'unknwon-state'; did you mean unknown-state or "),
        ("zzzz", "there is no rule 'zzzz'; ringflow explain lists them all"),
    ],
)
def test_unknown_rule_is_wrong_usage(word: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", word]) == 2

    assert capsys.readouterr().err.startswith(f"ringflow: {sentence}")


def test_a_slip_in_a_code_gets_codes() -> None:
    assert near("R0O1")[0] == "R001"


# -- verbs -----------------------------------------------------------------------------------------------------


def test_every_verb_is_listed_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "verbs").splitlines()[: len(VERBS)]

    assert [line.split(maxsplit=1) for line in lines] == [[verb.name, verb.about] for verb in VERBS.values()]


@pytest.mark.parametrize("name", VERBS)
def test_page_of_a_verb_names_its_options_and_what_finishes_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "verbs", name)

    assert text.startswith(f"{name}: ")
    assert f"\n    - {name}" in text
    assert [option.name for option in VERBS[name].options if f"\n{option.name} " not in text] == []
    assert "\nFinished by: " in text
    assert "`" not in text


def test_verbs_as_json_follow_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(printed(capsys, "verbs", "--format", "json"))

    assert [row["verb"] for row in rows] == [*VERBS]
    for row in rows:
        assert row.keys() >= VERB_KEYS
        assert all(option.keys() >= OPTION_KEYS for option in row["options"])
        assert [option["name"] for option in row["options"]] == [option.name for option in VERBS[row["verb"]].options]
        assert set(row["operations"]) <= catalogue().operations.keys()


def test_verb_is_resent_as_carefully_as_its_most_careful_operation(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["verb"]: row for row in json.loads(printed(capsys, "verbs", "--format", "json"))}

    assert rows["speak"]["resend"] == "at_most_once"
    assert rows["enqueue"]["resend"] == "asks_first"
    assert rows["hangup"]["resend"] == "harmless"
    assert rows["log"] | {"resend": "harmless", "in_seeds": False, "operations": []} == rows["log"]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("enqeue", "there is no verb 'enqeue'; did you mean 'enqueue'?"),
        ("say", "there is no verb 'say'; the word is 'speak'"),
        ("zzzz", "there is no verb 'zzzz'"),
    ],
)
def test_unknown_verb_gets_the_nearest_one(word: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verbs", word]) == 2

    assert capsys.readouterr().err == f"ringflow: {sentence}\nTry: ringflow verbs --help\n"


# -- schema ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "file"), [([], "flow"), (["flow"], "flow"), (["scenario"], "scenario"), (["project"], "project")]
)
def test_schemas_are_printed_for_editors(arguments: list[str], file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "schema", *arguments) == schema_path(f"{file}.schema.json").read_text(encoding="utf-8")


def test_unknown_schema_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "floe"]) == 2

    assert "'flow'" in capsys.readouterr().err

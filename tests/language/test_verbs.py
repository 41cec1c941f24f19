"""Every verb: how it is written, what is sent then, and what a slip in it is told. UPDATE_GOLDEN=1 writes that anew."""

from __future__ import annotations

import os

import pytest
import yaml
from verb_samples import FOLDER, MARK, complaints, path_of, requests, sample_of, says, update

from engine.core.acts.table import ACTS
from engine.core.verbs import VERBS


@pytest.fixture(scope="module", autouse=True)
def _written_anew():
    if os.environ.get("UPDATE_GOLDEN"):
        for verb in VERBS:
            update(verb)


def test_every_verb_has_a_sample_and_can_be_carried_out():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(VERBS)
    assert set(ACTS) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_the_good_state_is_about_its_verb_and_has_no_problem(verb):
    state = yaml.safe_load(sample_of(verb)["good"])

    steps = [step if isinstance(step, str) else next(iter(step)) for step in state["do"]]
    assert verb in steps
    assert complaints(verb) == []


@pytest.mark.parametrize("verb", VERBS)
def test_the_state_with_a_slip_gets_one_message(verb):
    found = says(verb)

    assert len(found) == 1
    assert found == sample_of(verb)["says"]


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_sent_is_what_the_sample_says(verb):
    assert requests(verb) == sample_of(verb)["requests"]


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS.values() if verb.operations])
def test_a_verb_with_operations_sends_something(verb):
    assert sample_of(verb)["requests"] != []


def test_every_sample_begins_with_a_sentence_and_has_the_mark_once():
    for verb in VERBS:
        text = path_of(verb).read_text(encoding="utf-8")
        assert text.startswith("sentence: ")
        assert text.count(MARK) == 1

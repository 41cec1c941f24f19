"""Each of the 34 operations of the seed documents, done by a flow; without its verb the proof does not hold."""

from __future__ import annotations

import pytest
from core_stage import version
from seed_operations import ROWS

from engine.core.verbs import VERBS
from engine.tables import catalogue

SEEDS = sorted(row.name for row in catalogue().seed_operations())


def test_every_seed_operation_has_its_proof():
    assert (len(SEEDS), sorted(ROWS)) == (34, SEEDS)
    for row in ROWS.values():
        assert row.name in VERBS[row.word].operations


@pytest.mark.parametrize("operation", SEEDS)
def test_seed_operation(operation: str):
    ROWS[operation].proof(ROWS[operation].text)


@pytest.mark.parametrize("operation", SEEDS)
def test_seed_operation_needs_its_verb(operation: str):
    version(ROWS[operation].without)  # it is still a flow

    with pytest.raises((AssertionError, KeyError)):
        ROWS[operation].proof(ROWS[operation].without)

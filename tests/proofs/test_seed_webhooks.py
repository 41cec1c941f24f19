"""Each of the 16 webhooks of the seed documents in a flow, from raw bytes; without its handler the proof fails."""

from __future__ import annotations

import pytest
from core_stage import version
from seed_webhooks import ROWS

from engine.tables import catalogue

SEEDS = sorted(row.name for row in catalogue().events.values() if row.in_seeds)


def test_every_seed_webhook_has_its_proof():
    assert (len(SEEDS), sorted(ROWS)) == (16, SEEDS)


@pytest.mark.parametrize("webhook", SEEDS)
def test_seed_webhook(webhook: str):
    ROWS[webhook].proof(ROWS[webhook].text)


@pytest.mark.parametrize("webhook", SEEDS)
def test_seed_webhook_needs_its_handler(webhook: str):
    version(ROWS[webhook].without)  # it is still a flow

    with pytest.raises((AssertionError, ValueError)):
        ROWS[webhook].proof(ROWS[webhook].without)

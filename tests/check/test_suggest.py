"""Suggestions among few and many names."""

from __future__ import annotations

from engine.check.suggest import did_you_mean

MANY = {f"state_{number}" for number in range(1000)}


def test_slip_among_few_names_is_recognised() -> None:
    assert did_you_mean("sale", ["sales", "support"]) == "; did you mean 'sales'?"


def test_among_thousands_of_names_only_capitals_are_recognised() -> None:
    assert did_you_mean("State_7", MANY) == "; did you mean 'state_7'?"
    assert did_you_mean("stat_7", MANY) == ""

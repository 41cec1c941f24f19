"""What a menu says is understood as people say it."""

from __future__ import annotations

import pytest

from engine.check.run import check_files

MENU = """flow: small
starts_when: {{calls_to: any}}
anywhere: {{on_error: hangup}}
start: menu
states:
  menu:
    do:
      - answer
      - gather: {{speak: "{text}", digits: 1}}
    keys: {{{keys}, anything_else: menu, nothing: hangup}}
"""
AGREES = {
    "For sales press 1, for support 2.": "12",
    "Press 1 or 2.": "12",
    "Press 1, 2 or 3.": "123",
    "Press any key from 1 to 3.": "123",
    "Press one for sales, two for support, or zero for a person.": "120",
    "To hear this again, press the star key. For sales, press the number 1.": "*1",
    "Dial 0 for help, or call us at 555 12 34 from 9:30.": "0",
    "Pulse uno para ventas o dos para soporte.": "12",
    "Appuyez sur la touche 1 pour les ventes, ou sur la touche 2.": "12",
    "Drücken Sie die 1 für den Verkauf, die 2 für Hilfe.": "12",
    "Welcome to the office.": "12",
}
DISAGREES = {
    "For sales, press 1. For support, press 3.": "12",
    "For sales, press 1.": "12",
    "For sales, press 1. We open at 2:30 in the afternoon.": "12",
    "For sales, press one.": "2",
}


def rules_of(text: str, keys: str) -> list[str]:
    listed = ", ".join(f'"{key}": hangup' for key in keys)
    problems = check_files({"small.flow.yaml": MENU.format(text=text, keys=listed).encode()})
    return [problem.rule for problem in problems]


@pytest.mark.parametrize("text", AGREES)
def test_menu_that_names_its_keys_in_any_words_is_fine(text: str) -> None:
    assert rules_of(text, AGREES[text]) == []


@pytest.mark.parametrize("text", DISAGREES)
def test_menu_that_names_other_keys_is_told_of(text: str) -> None:
    assert rules_of(text, DISAGREES[text]) == ["T020"]

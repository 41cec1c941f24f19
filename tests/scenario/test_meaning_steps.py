"""language.md, section 1 and the table of section 3: steps, and what finishes each of them."""

from __future__ import annotations

from telling import comes_true, desk, faults


def test_then():
    """`then` comes when `do` has finished, and excludes `keys`, `after`, `every`."""
    both = "a:\n  do: [answer, {speak: One.}, {speak: Two.}]\n  then: over\n"
    comes_true(
        desk(both),
        """
        - caller: calls
        - hears: One.
        - is_in: a
        - hears: Two.
        - is_in: a
        - hears: This is the end.
        - is_in: over
        """,
    )
    assert faults(desk(both)) == []
    assert faults(desk(both + "  after: {9s: over}\n")) == ["G009"]
    assert faults(desk(both + "  every: {9s: {do: [{log: x}]}}\n")) == ["G009"]
    keys = "a:\n  do: [answer, {gather: {speak: Press., digits: 1}}]\n  keys: {digits: over, nothing: over}\n"
    assert faults(desk(keys)) == []
    assert "G009" in faults(desk(keys + "  then: over\n"))


def test_keys():
    """`keys` needs a `gather` as the last step."""
    good = "a:\n  do: [answer, {gather: {speak: Press., digits: 1}}]\n  keys: {digits: over, nothing: over}\n"

    assert faults(desk(good)) == []
    assert faults(desk(good.replace("{gather: {speak: Press., digits: 1}}", "{speak: Press.}"))) == ["G007"]
    assert "T001" in faults(desk(good.replace("digits: 1}}]", "digits: 1}}, {speak: Thanks.}]")))


def test_order_of_states():
    """No fall-through; the order of states means nothing."""
    states = {
        "a": "a:\n  do: [answer, {speak: One.}]\n  then: c\n",
        "b": "b:\n  do: [{speak: Two.}]\n  then: over\n",
        "c": "c:\n  do: [{speak: Three.}, {play: {audio: tune, repeat: forever}}]\n  after: {20s: b}\n",
    }
    told = """
        - caller: calls
        - hears: One.
        - hears: Three.
        - wait: 15s
        - is_in: c
        - hears: Two.
        - hears: This is the end.
        """
    for order in ("abc", "acb"):
        comes_true(desk("".join(states[name] for name in order)), told)
    waits = "a:\n  do: [answer]\nb:\n  do: [{speak: Two.}]\n  then: over\n"
    assert "G001" in faults(desk(waits))  # nothing leads from a to b

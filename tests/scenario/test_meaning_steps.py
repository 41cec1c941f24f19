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


def test_waiting():
    """
    A state with neither `then` nor `keys` waits and must have a limit: `after`, a queue with `max_wait` and its
    handler, or the last step's own.
    """
    music = "{play: {audio: tune, repeat: forever}}"
    waits = f"a:\n  do: [answer, STEP{music}]\n  on: {{call.dtmf.received: over, EVENT: over}}\n"

    def found(step: str, event: str = "call.cost", more: str = "") -> list[str]:
        return faults(desk(waits.replace("STEP", step).replace("EVENT", event) + more))

    assert found("") == ["G002"]
    assert found("", more="  after: {9m: over}\n") == []
    assert found("{enqueue: {queue: q, max_wait: 9m}}, ", "call.dequeued") == []
    assert found("{enqueue: {queue: q, max_wait: 9m}}, ") == ["G002"]
    assert found("{enqueue: {queue: q}}, ", "call.dequeued") == ["G002"]
    rings = (
        'a:\n  do: [answer, {transfer: {to: "+15557770001", ring_for: 20s, as: boss}}]\n'
        "  on: {call.bridged: end, boss.call.hangup: over}\n"
    )
    assert faults(desk(rings)) == []
    assert faults(desk(rings.replace("call.bridged: end, ", ""))) == ["G002"]
    comes_true(desk(rings), "- caller: calls\n- wait: 19s\n- is_in: a\n- hears: This is the end.\n  within: 3s")
    comes_true(
        desk(waits.replace("STEP", "").replace("EVENT", "call.cost") + "  after: {9m: over}\n"),
        """
        - caller: calls
        - wait: 539s
        - is_in: a
        - hears: This is the end.
          within: 3s
        """,
    )

"""What belongs in each place of a file, as the end of the sentence "'x' must be ..."."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.verbs import VERBS, Option

_WANTED: Mapping[str, str] = {
    "name": "a name", "text": "a text", "value": "a text, a number or true or false",
    "formula": 'a formula, for example event.digit == "1"', "count": "a whole number", "yes_no": "true or false",
    "steps": "a list of steps, each with a dash", "step": "a step: a verb and what it needs",
    "exits": "the name of a state, hangup, end or stay, or rules", "rule": "a rule with if, do or then",
    "exit": "the name of a state, hangup, end or stay",
    "keys": 'keys and where each leads, for example "1": sales',
    "on": "events and where each leads, for example call.dequeued: voicemail",
    "waits": "times and where each leads, for example {30s: goodbye}",
    "phone": 'a phone number with country code, for example "+15551230000"',
    "duration": "a time with its unit, for example 30s, 15m or 2h",
    "digits": "how many digits: a number, or for example 2 to 4", "forever": "a number from 1 to 100, or forever",
    "key": "one key: 0 to 9, * or #", "keys that count": 'the keys that count, for example "12345"',
    "calls_to": "a list of phone numbers, for example [\"+15551230000\"], or the word any", "list": "a list in [ ]",
    "prefixes": 'a list of the beginnings of numbers in [ ], for example ["+1555"]',
    "prefix": 'the beginning of a phone number with country code, for example "+1555"',
    "url": "an address that begins with https://", "host": "a host name, for example example.com",
    "unrouted": "leave, reject, or {flow: NAME}", "names": "names, each with what it stands for",
    "prompt": "one text for each language, for example {en-US: Hello}", "prompt text": "a text, or {audio: NAME}",
    "language": "a language, for example en-US", "remember": "a type, for example {type: digits}",
    "need": "a type, for example text or {type: digits, secret: true}", "yes": "true",
    "another_flow_calls": "true, or what it needs and answers, for example {needs: {reason: text}}",
    "then": "the name of a state, hangup, end or stay, or {flow: NAME}",
    "timezone": "a time zone, for example Europe/Madrid", "times": "times, for example 09:00 to 17:30",
    "days": "days and their times, for example {monday: 09:00 to 17:30}",
    "date": "a date, for example 2026-12-25", "dates": "a list of dates in [ ], for example [2026-12-25]",
    "legs": "a leg, for example agent, several in [ ], or me", "flow": "the name of a flow",
    "give": "names and values in { }, for example {reason: callback}",
    "into": "a variable, or variables in { }, each with the part of the result that it takes",
    "tree": "names and values in { }", "anything": "a value", "word": "a word, or a word and a value in { }",
    "sound": "a file beside project.yaml whose name ends in .mp3 or .wav, for example music/hold.mp3",
    "sip": "a SIP address, for example sip:anna@example.com",
    "moment": 'one time in {{ }}, for example "{{ next_opening(office) }}"',
    "tones": "keys to press: 0 to 9, A to D, * and #, and w for a pause of half a second",
}  # fmt: skip
_STEPS: Mapping[str, str] = {
    "dial": '- dial: {to: "+15551239999", as: agent, ring_for: 25s}',
    "transfer": '- transfer: {to: "+15551239999", as: sales, ring_for: 25s}',
    "bridge": "- bridge: {to: agent}",
    "record": "- record: {longest: 3m, beep: true, stop_on_silence: 5s}",
    "call_later": '- call_later: {flow: callback, to: "{{ caller.number }}", in: 20m}',
    "tell": "- tell: {caller: transfer_me}",
    "http": '- http: {get: "https://crm.example.com/people/{{ caller.number }}", into: {name: name}, if_fails: sorry}',
    "notify": '- notify: {to: inbox, number: "{{ caller.number }}"}',
    "set": "- set: {tries: 0, language: es-ES}",
}  # where the shortest form would not pass the checker, or says too little
_EXAMPLES: Mapping[str, str] = {
    "text": '"..."', "phone": '"+15551230000"', "duration": "30s", "count": "3", "digits": "1",
    "sip": "sip:anna@example.com",
    "tones": '"12#"', "url": '"https://example.com/"',
}  # fmt: skip


def wanted(what: str, schema: Mapping[str, Any]) -> str:
    """Return what the schema wants; *what* is its ``x-is``."""
    if what in _WANTED:
        return _WANTED[what]
    verb = VERBS.get(what.removeprefix("verb:"))
    main = verb.option(verb.main) if verb is not None else None
    if verb is None or main is None:
        names = list(schema.get("properties", ()))
        return f"made of {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "names and values in { }"
    short = _WANTED.get(main.type, "a name")
    return short if len(verb.options) == 1 else f"{short}, or options in {{ }}"


def example(name: str) -> str:
    """Return how the verb *name* is written, with its main, required or most usual option."""
    if name in _STEPS:
        return _STEPS[name]
    verb = VERBS[name]
    options: list[Option] = [*verb.options]
    option = verb.option(verb.main) or next((option for option in options if option.required), None)
    option = option or next((option for option in options if option.type == "text"), None)
    if option is None:
        return f"- {name}: {{NAME: VALUE}}"
    value = _EXAMPLES.get(option.type, "NAME")
    return f"- {name}: {value}" if verb.main else f"- {name}: {{{option.name}: {value}}}"

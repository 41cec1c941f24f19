"""Applies every rule of the checker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.check import allowances
from engine.check.rule import Rule
from engine.check.rules import (
    g001_no_way_out,
    g002_wait_without_limit,
    g003_rule_never_reached,
    g004_rules_match_nothing,
    g005_rule_without_then,
    g006_gather_without_keys,
    g007_keys_without_gather,
    g008_no_nothing,
    g009_two_ways_on,
    g010_unreachable,
    g011_keys_incomplete,
    g012_loop_without_pause,
    g013_end_alone,
    r001_unknown_state,
    r002_unknown_prompt,
    r003_unknown_variable,
    r004_unknown_audio,
    r005_unknown_notify,
    r006_unknown_event,
    r007_unknown_leg,
    r008_strange_event,
    r009_no_error_exit,
    r010_two_claims,
    r011_duplicate_flow,
    r012_flow_name_differs,
    r013_unknown_number,
    r014_nothing_starts,
    r015_leg_is_role,
    r016_unknown_flow,
    r017_variable_type,
    t001_gather_not_last,
    t002_not_answered,
    t003_speaks_in_room,
    t004_music_not_last,
    t005_after_hangup,
    t007_no_answer,
    t008_taken_unawares,
    t009_number_from_data,
    w001_prompt_lacks_language,
    w002_unused_prompt,
    w003_unused_variable,
)
from engine.core.problem import Problem
from engine.language.loader import Folder, Loaded, load_version

RULES: tuple[Rule, ...] = tuple(
    Rule.of(module)
    for module in (
        r001_unknown_state,
        r002_unknown_prompt,
        r003_unknown_variable,
        r004_unknown_audio,
        r005_unknown_notify,
        r006_unknown_event,
        r007_unknown_leg,
        r008_strange_event,
        r009_no_error_exit,
        r010_two_claims,
        r011_duplicate_flow,
        r012_flow_name_differs,
        r013_unknown_number,
        r014_nothing_starts,
        r015_leg_is_role,
        r016_unknown_flow,
        r017_variable_type,
        g001_no_way_out,
        g002_wait_without_limit,
        g003_rule_never_reached,
        g004_rules_match_nothing,
        g005_rule_without_then,
        g006_gather_without_keys,
        g007_keys_without_gather,
        g008_no_nothing,
        g009_two_ways_on,
        g010_unreachable,
        g011_keys_incomplete,
        g012_loop_without_pause,
        g013_end_alone,
        t001_gather_not_last,
        t002_not_answered,
        t003_speaks_in_room,
        t004_music_not_last,
        t005_after_hangup,
        t007_no_answer,
        t008_taken_unawares,
        t009_number_from_data,
        w001_prompt_lacks_language,
        w002_unused_prompt,
        w003_unused_variable,
    )
)


def load(files: Mapping[str, bytes]) -> Loaded:
    """
    Return the checked and compiled version, or None with the problems that stand in its way.

    *files* maps relative paths to the bytes of every ``*.flow.yaml`` and of ``project.yaml`` of one folder. This is
    the one way from text to a version: check, serve and the scenario tests all use it.
    """
    return load_version(files, review)


def check_files(files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """Return every problem of the folder, sorted by place."""
    return load(files).problems


def review(folder: Folder) -> Iterator[Problem]:
    """Yield what the rules say about *folder*, without what the author allows."""
    found = [problem for rule in RULES for problem in rule.check(folder)]
    yield from allowances.apply(found, folder, [rule.code for rule in RULES])

"""What can be wrong in a scenario file, beside what the language itself reports."""

from __future__ import annotations

from engine.language.codes import Code

UNKNOWN_STEP = Code("N001", "unknown-step", "A step of a scenario that does not exist.")
UNKNOWN_LEG = Code("N002", "unknown-leg", "Somebody who has no part in the flow.")
UNKNOWN_NAME = Code("N003", "unknown-name", "A state, prompt, variable, command or event that does not exist.")
BAD_STEP = Code("N004", "bad-step", "A step of a scenario that cannot be understood.")
NOT_ON_THE_LINE = Code("N005", "not-on-the-line", "Somebody acts or is asked about who never calls and never rings.")
NO_ANSWER = Code("N006", "no-answer", "A lookup for which the test gives no answer, so that it fails.", "warning")

SCENARIO_CODES = (UNKNOWN_STEP, UNKNOWN_LEG, UNKNOWN_NAME, BAD_STEP, NOT_ON_THE_LINE, NO_ANSWER)

"""What a verb of the table is: its options, what it sends, what finishes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

# What an option's value must be. "text" may hold {{ }}; "duration" is 30s, 15m, 2h and becomes seconds;
# "audio", "prompt", "notify", "variable", "leg", "flow" and "state" name an entry elsewhere; "count" is a whole number;
# "digits" is how many (4, or "2 to 4"); "phone" is E.164 or one {{ }}; "forever" is a count or the word;
# "legs" is one leg or several, or me; "give" maps a flow's needs to values; "into" is a variable, or variables and
# which part of the result each takes; "moment" is one {{ }} that gives a time; "url" an address whose {{ }} are
# percent-encoded; "tree" is any YAML, for Telnyx's own structures.
OptionType = Literal[
    "text", "name", "duration", "count", "yes_no", "choice", "audio", "prompt", "notify", "variable", "leg", "legs",
    "digits", "phone", "keys", "key", "tones", "sip", "forever", "flow", "state", "give", "into", "moment", "url",
    "tree",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a verb. *minimum* and *maximum* are in the option's own unit (seconds for durations)."""

    name: str
    type: OptionType
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """
    One verb.

    *main*: the option that the short form ``- verb: value`` sets ("" where there is none). *bare*: ``- verb`` alone
    is allowed. *takes_rest*: further keys are free (the body of ``notify``, the legs of ``tell``, the parameters of
    ``telnyx``). *one_of*: of each group exactly one option must be given. *at_most_one*: of each group one at most.
    *operations*: the catalogue's operations that it sends. *events*: what finishes it (empty: when Telnyx accepts it,
    or at once where it sends nothing). *audible*: the caller hears it, so it needs an answered call outside a room.
    *silent*: may still run after the call has ended. *in_room*: it does something to the room that the call is in.
    """

    name: str
    about: str
    operations: tuple[str, ...] = ()
    main: str = ""
    bare: bool = False
    options: tuple[Option, ...] = ()
    takes_rest: bool = False
    one_of: tuple[tuple[str, ...], ...] = ()
    at_most_one: tuple[tuple[str, ...], ...] = ()
    events: tuple[str, ...] = ()
    audible: bool = False
    silent: bool = False
    in_room: bool = False

    def option(self, name: str) -> Option | None:
        """Return the option *name*, None where the verb has none."""
        return next((option for option in self.options if option.name == name), None)

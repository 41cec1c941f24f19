"""Times as people say them, in the languages of Telnyx's voices."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

_NEAR_DAYS = 6  # a weekday's name alone means the coming one


class _Phrases(NamedTuple):
    """How a language puts day and time into a sentence; *one* replaces the end of what stands before one o'clock."""

    today: str
    tomorrow: str
    weekday: str
    date: str
    one: tuple[str, str] = ("", "")


# Other languages get the day and the time as CLDR joins them, which is right in each, if less fluent.
_PHRASES: Mapping[str, _Phrases] = {
    "en": _Phrases("today at {1}", "tomorrow at {1}", "on {0} at {1}", "on {0} at {1}"),
    "es": _Phrases(
        "hoy a las {1}", "mañana a las {1}", "el {0} a las {1}", "el {0}, a las {1}", one=(" a las 1:", " a la 1:")
    ),
    "fr": _Phrases("aujourd’hui à {1}", "demain à {1}", "{0} à {1}", "{0} à {1}"),
    "de": _Phrases("heute um {1} Uhr", "morgen um {1} Uhr", "am {0} um {1} Uhr", "am {0}, um {1} Uhr"),
    "pt": _Phrases("hoje às {1}", "amanhã às {1}", "{0} às {1}", "{0}, às {1}", one=(" às 1:", " à 1:")),
    "it": _Phrases("oggi alle {1}", "domani alle {1}", "{0} alle {1}", "{0} alle {1}", one=(" alle 1:", " all’1:")),
    "nl": _Phrases("vandaag om {1}", "morgen om {1}", "{0} om {1}", "{0} om {1}"),
}
# Telnyx's language codes that CLDR spells otherwise; source: schemas/telnyx/operations.json, speak.
_CLDR = {"arb": "ar", "cmn": "zh"}
_LEADING_ZERO = re.compile(r"^(\D*)0(?=\d)")
_SPACES = {ord("\u202f"): " ", ord("\xa0"): " ", ord("\u200f"): None, ord("\u200e"): None}  # as no voice needs them


def spoken_time(at: float, *, now: float, zone: tzinfo, language: str) -> str:
    """
    Return how *language* says the instant *at*, in epoch seconds, to somebody in *zone* who hears it at *now*.

    Today and the next six days go by their names, other days by their date: "on Monday at 9:00 AM",
    "on Friday, January 1, 2027 at 9:00 AM". A language that is not known is spoken as English.
    """
    from babel.dates import format_date, format_time, get_datetime_format  # late: 40 ms at start-up

    locale = _locale(language)
    moment = datetime.fromtimestamp(at, zone)
    days = moment.toordinal() - datetime.fromtimestamp(now, zone).toordinal()
    day = format_date(moment, "EEEE" if 0 <= days <= _NEAR_DAYS else "full", locale=locale)
    time = _LEADING_ZERO.sub(r"\1", format_time(moment, "short", tzinfo=zone, locale=locale))
    phrases = _PHRASES.get(locale.language)
    if phrases is None:
        text = str(get_datetime_format("medium", locale=locale)).replace("{1}", day).replace("{0}", time)
    else:
        near = {0: phrases.today, 1: phrases.tomorrow}.get(days, phrases.weekday)
        text = (near if 0 <= days <= _NEAR_DAYS else phrases.date).format(day, time).replace(*phrases.one)
    return text.translate(_SPACES)


@functools.lru_cache(maxsize=64)
def _locale(language: str) -> Any:
    """Return the CLDR locale of a Telnyx language code; of an unknown one, English."""
    from babel import Locale, UnknownLocaleError

    first, *rest = language.split("-")
    name = _CLDR.get(first, first) or "en"
    for parts in ((name, *rest[:1]), (name,)):  # en-GB-WLS is a voice of en-GB
        try:
            return Locale.parse("_".join(parts))
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en", "US")

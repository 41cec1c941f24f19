"""Telnyx's operations and events, read once from the shipped tables."""

from __future__ import annotations

import functools

from engine.core.catalogue import Catalogue
from engine.resources import load_schema


@functools.cache
def catalogue() -> Catalogue:
    """Return the catalogue of Telnyx's operations and webhooks that this version of ringflow ships."""
    return Catalogue.from_tables(load_schema("telnyx/operations.json"), load_schema("telnyx/events.json"))

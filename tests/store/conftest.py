"""One store of each kind, for every test that takes a ``store``."""

from test_store import store as store

# make demo    sets everything up in .venv and shows the main job, with no account
# make test    sets everything up and passes every test
# make check   style, types and the shipped flows, as CI does
# make crash   engines are killed, stopped and drained while calls go on (WRITE=1: docs/crash.md gets the table)
# make bench   measures how fast the engine is on this machine; docs/speed.md says how, and what ARGS there are
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check bench crash clean graphviz pgbouncer promtool

demo: $(VENV)/ready
	$(BIN)/python examples/demo.py

test: $(VENV)/ready-dev graphviz pgbouncer
test: $(VENV)/ready-dev graphviz promtool
	$(BIN)/python -m pytest -n 2 -q -m "not slow"

# Pictures of flows are drawn by Graphviz; without it their tests say that they are skipped.
graphviz:
	@command -v dot >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		{ apt-get install -qq -y --no-install-recommends graphviz >/dev/null 2>&1 || \
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends graphviz; } >/dev/null 2>&1; } } || \
		echo "SKIPPED: the tests of SVG and PNG diagrams need Graphviz; on Debian and Ubuntu: apt-get install graphviz"

# Poolers are refused; without PgBouncer the tests of that say that they are skipped. RUNLEVEL=1: it is not started.
pgbouncer:
	@PATH="$$PATH:/usr/sbin"; command -v pgbouncer >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		{ RUNLEVEL=1 apt-get install -qq -y --no-install-recommends pgbouncer >/dev/null 2>&1 || \
		{ apt-get update -qq && RUNLEVEL=1 apt-get install -qq -y --no-install-recommends pgbouncer; } >/dev/null 2>&1; } } || \
		echo "SKIPPED: the tests of poolers need PgBouncer; on Debian and Ubuntu: apt-get install pgbouncer"
# Alerts are tried by Prometheus' promtool, taken out of its package; without it their tests say that they are skipped.
promtool: $(VENV)/bin/python
	@command -v promtool >/dev/null || test -x $(BIN)/promtool || { there=$$(mktemp -d) && cd $$there && \
		{ apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; } && \
		dpkg-deb -x prometheus_*.deb . && cp usr/bin/promtool "$(CURDIR)/$(BIN)"; } >/dev/null 2>&1; rm -rf $$there; \
		test -x "$(CURDIR)/$(BIN)/promtool"; } || \
		echo "SKIPPED: the tests of alerts need promtool, which comes with Prometheus"

check: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/ringflow check flows examples/first_flow examples/cluster/flows
	$(BIN)/ringflow test flows examples/first_flow examples/cluster/flows --fail-under 100

SCALE ?= 10
crash: $(VENV)/ready-dev
	CRASH_SCALE=$(SCALE) $(BIN)/python tests/crash/long_form.py $(if $(WRITE),--write)

bench: $(VENV)/ready-dev
	$(BIN)/python tests/bench $(ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ringflow needs Python 3.11 or later; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) || \
		{ echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/ready: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/ready-dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/ready

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

"""examples/monitoring: every name, label and value is one of the service's; the alerts speak when they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from metrics_page import label_names, metrics_of
from service_world import ROOT, place_in

from engine.metrics import labels

FOLDER = ROOT / "examples/monitoring"
DASHBOARD = json.loads((FOLDER / "ringflow.dashboard.json").read_text(encoding="utf-8"))
RULES_FILE = FOLDER / "ringflow.rules.yml"
[GROUP] = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))["groups"]
RULES = {rule["alert"]: rule for rule in GROUP["rules"]}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EVERYWHERE = {"instance", "job", "le"}  # labels that Prometheus adds
VALUES = {
    "event": labels.EVENTS,
    "result": labels.RESULTS,
    "outcome": set(labels.OUTCOMES.values()),
    "kind": labels.PROBLEMS,
}


def expressions() -> list[str]:
    shown = [target["expr"] for panel in PANELS for target in panel["targets"]]
    return shown + [rule["expr"] for rule in RULES.values()]


async def test_every_metric_label_and_value_is_one_of_the_service(tmp_path):
    async with place_in(tmp_path, speed=50.0) as place, place.serving():
        place.call()
        await place.log.line("state", state="waiting")
        shown = await metrics_of(place)
    names = {sample.name for metric in shown.values() for sample in metric.samples}
    of_metric = {sample.name: label_names(metric) for metric in shown.values() for sample in metric.samples}

    used = set()
    for expression in expressions():
        metrics = re.findall(r"ringflow_\w+", expression.replace('job="ringflow"', ""))
        used |= set(metrics)
        own = set().union(*(of_metric.get(name, set()) for name in metrics))
        assert set(metrics) <= names, expression
        grouped = {name.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for name in by.split(",")}
        assert grouped | {name for name, _ in matchers(expression)} <= own | EVERYWHERE, expression
        for name, value in matchers(expression):
            assert name in EVERYWHERE or value in VALUES[name], expression

    shown_nowhere = {name for name, metric in shown.items() if not used & {sample.name for sample in metric.samples}}
    assert shown_nowhere == set()


def matchers(expression: str) -> Iterator[tuple[str, str]]:
    """Yield each label in a selector with each value that it is compared with."""
    for selector in re.findall(r"\{([^}]*)\}", expression):
        for name, wanted in re.findall(r'(\w+)=~?"([^"]*)"', selector):
            yield from ((name, value) for value in wanted.split("|"))


def test_panels_have_places_of_their_own_and_the_chosen_source():
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    sources = [part["datasource"] for panel in PANELS for part in (panel, *panel["targets"])]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len(ids) == len(set(ids))
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]
    assert all('instance=~"$instance"' in target["expr"] for panel in PANELS for target in panel["targets"])


def test_every_alert_says_what_is_wrong_and_what_to_look_at():
    assert len(RULES) == len(GROUP["rules"])
    for rule in RULES.values():
        assert rule["labels"]["severity"] in ("page", "warning")
        assert set(rule["annotations"]) == {"summary", "description"}
    names = re.findall(r"`(Ringflow\w+)`", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert set(names) <= set(RULES)


# Each alert with the series that make it speak: quiet for five minutes, then trouble.
STEADY, BEGIN = "1+0x20", "0+0x20"
CALLS = 'ringflow_runs{flow="desk",state="menu",version="1"}'
WEBHOOKS = 'ringflow_webhooks_total{event="call.initiated",result="committed"}'
CASES = {
    "RingflowDown": {"up": f"{STEADY} 0+0x100"},
    "RingflowNotReady": {"ringflow_ready": f"{STEADY} 0+0x100"},
    "RingflowDatabaseAway": {"ringflow_database_up": f"{STEADY} 0+0x100"},
    "RingflowKeyRefused": {"ringflow_telnyx_key_refused": f"{BEGIN} 1+0x100"},
    "RingflowCommandsWait": {"ringflow_oldest_command_age_seconds": f"29+0x20 {STEADY} 31+15x100"},
    "RingflowWebhooksSentBack": {'ringflow_webhooks_total{event="other",result="shed"}': f"{BEGIN} 1+1x100"},
    "RingflowWebhooksNotGenuine": {'ringflow_webhooks_total{event="unread",result="forged"}': f"{BEGIN} 1+1x100"},
    "RingflowNoWebhooks": {WEBHOOKS: "0+1x20 20+0x140", CALLS: "3+0x160"},
    "RingflowTimersLate": {"ringflow_timers_late_total": f"{BEGIN} 1+1x100"},
    "RingflowCallsFail": {
        WEBHOOKS: "0+1x160",
        'ringflow_call_problems_total{kind="error"}': f"{BEGIN} 1+0.5x100",
        'ringflow_call_problems_total{kind="budget"}': f"{BEGIN} 0+0x100",
    },
    "RingflowCallsUnrouted": {'ringflow_call_problems_total{kind="unrouted"}': f"{BEGIN} 1+0x100"},
    "RingflowDefect": {'ringflow_defects_total{where="command"}': f"{BEGIN} 1+0x100"},
}
LATER = {"RingflowNoWebhooks": "30m"}
QUIET = {  # what looks a little like trouble, and is none
    "RingflowNoWebhooks": {WEBHOOKS: "5+0x160", CALLS: "0+0x160"},
    "RingflowCallsFail": {WEBHOOKS: "0+1x160", 'ringflow_call_problems_total{kind="error"}': "0+0.05x160"},
    "RingflowWebhooksNotGenuine": {'ringflow_webhooks_total{event="unread",result="forged"}': "0+0.05x160"},
    "RingflowTimersLate": {"ringflow_timers_late_total": "0+0x40 5+0x120"},
}


@pytest.fixture(scope="session")
def promtool() -> str:
    """Prometheus' own checker, from PATH or beside Python (``make promtool``)."""
    beside = Path(sys.executable).parent / "promtool"
    found = str(beside) if beside.exists() else shutil.which("promtool")
    if found is None:
        pytest.skip("SKIPPED: alerts are checked by promtool only; make promtool fetches it")
    return found


def run(promtool: str, *arguments: str | Path) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_configuration_rules_and_every_query_of_the_dashboard(promtool, tmp_path):
    (tmp_path / "ringflow_token").write_text("a-long-random-text")
    for name in ("prometheus.yml", "ringflow.rules.yml"):
        shutil.copy(FOLDER / name, tmp_path)
    queries = [target["expr"].replace("$__rate_interval", "5m") for panel in PANELS for target in panel["targets"]]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))

    run(promtool, "check", "config", tmp_path / "prometheus.yml")
    run(promtool, "check", "rules", tmp_path / "queries.yml")


def test_every_alert_has_its_case():
    assert CASES.keys() == RULES.keys()
    assert QUIET.keys() <= RULES.keys()


@pytest.mark.parametrize("alert", CASES)
def test_alert_speaks_when_there_is_trouble_and_not_before(promtool, tmp_path, alert):
    run(promtool, "test", "rules", written(tmp_path, CASES[alert], {"5m": [], LATER.get(alert, "18m"): [alert]}))


@pytest.mark.parametrize("alert", QUIET)
def test_alert_is_silent_when_it_only_looks_like_trouble(promtool, tmp_path, alert):
    run(promtool, "test", "rules", written(tmp_path, QUIET[alert], {"15m": [], "30m": []}))


def written(folder: Path, series: dict[str, str], firing: dict[str, list[str]]) -> Path:
    """Write a test for promtool: which alerts are firing at which times, given *series*."""
    shutil.copy(RULES_FILE, folder)
    expected = [
        {
            "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
            "eval_time": at,
            "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in alerts],
        }
        for at, alerts in firing.items()
    ]
    values = [{"series": with_service(name), "values": numbers} for name, numbers in series.items()]
    test = {"interval": "15s", "input_series": values, "promql_expr_test": expected}
    file = folder / "rules_test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [RULES_FILE.name], "evaluation_interval": "15s", "tests": [test]}))
    return file


def with_service(series: str) -> str:
    name, _, own = series.partition("{")
    return f'{name}{{job="ringflow",instance="a:8081"{"," + own if own else "}"}'

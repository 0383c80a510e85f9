"""Rules, dashboard and runbook speak of what the services export, and of nothing else."""

import importlib
import itertools
import re
import subprocess

import pytest
import yaml
from prometheus_client import REGISTRY, Histogram
from typer.main import get_command

from services.cli import app
from services.standalone.domain import plan_ports
from services.standalone.settings import StandaloneSettings
from tests.operations import OPS, ROOT, Query, dashboard, panels, queries, rules

SERVICES = ["ingest", "detect", "classify", "record", "report", "faceapi"]
# What Prometheus adds to every series of a target.
OF_TARGETS = {"job", "instance"}
# What is not ours, and its labels.
OF_OTHERS = {
    "up": set[str](),
    "ALERTS": {"alertname", "alertstate", "severity"},
    "node_filesystem_avail_bytes": {"device", "fstype", "mountpoint"},
    "node_filesystem_size_bytes": {"device", "fstype", "mountpoint"},
    "node_timex_offset_seconds": set[str](),
    "node_timex_sync_status": set[str](),
}
SOURCES = "\n".join(path.read_text() for path in (ROOT / "services").glob("**/*.py"))
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
ALERTS = rules("alert")


def exported() -> dict[str, set[str]]:
    """Every series that a service exports, and its labels."""
    for service in SERVICES:
        importlib.import_module(f"services.{service}.__main__")
    found: dict[str, set[str]] = {}
    for name, collector in REGISTRY._names_to_collectors.items():
        labels = set(getattr(collector, "_labelnames", ()))
        found[name] = labels | {"le"} if name.endswith("_bucket") else labels
    return found


def recorded() -> dict[str, set[str]]:
    """Every series that a rule records, and its labels."""
    return {rule["record"]: Query(rule["record"], rule["expr"]).grouped_by() for rule in rules("record")}


KNOWN = exported() | recorded() | OF_OTHERS


def labels_of(query: Query) -> set[str]:
    """Every label that what a query reads may have."""
    return OF_TARGETS.union(*(KNOWN[selector.metric] for selector in query.selectors()))


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.where)
def test_a_query_asks_for_metrics_and_labels_that_there_are(query: Query) -> None:
    for selector in query.selectors():
        assert selector.metric in KNOWN, selector.metric
        for label, values in selector.matchers:
            assert label in KNOWN[selector.metric] | OF_TARGETS, f"{selector.metric} has no label {label}"
            if label == "le":
                histogram = REGISTRY._names_to_collectors[selector.metric]
                assert isinstance(histogram, Histogram)
                assert set(map(float, values)) <= set(histogram._upper_bounds), f"{selector.metric} has no such bucket"
    assert query.grouped_by() <= labels_of(query)


def test_the_values_of_labels_that_queries_ask_for_are_written_in_the_code() -> None:
    asked = {
        (label, value)
        for query in queries()
        for selector in query.selectors()
        if selector.metric not in OF_OTHERS
        for label, values in selector.matchers
        for value in values
        if label not in {"le", "status"}
    }
    assert ("outcome", "dead") in asked
    for label, value in asked:
        assert f'"{value}"' in SOURCES or (label == "job" and value in SERVICES), f"{label}={value}"


def test_a_query_of_what_is_not_there_is_noticed() -> None:
    """The test of the tests above."""
    query = Query("here", 'sum by (consumer) (rate(facetally_no_such_total{outcome="dead"}[5m])) > 0 or absent(up)')
    assert [selector.metric for selector in query.selectors()] == ["facetally_no_such_total", "up"]
    assert query.selectors()[0].matchers == (("outcome", ("dead",)),)
    assert query.grouped_by() == {"consumer"}
    with pytest.raises(AssertionError, match="here"):
        Query("here", "sum by (").selectors()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert['alert']}-{alert['labels']['severity']}")
def test_an_alert_says_how_grave_it_is_what_happens_to_people_and_where_to_read_on(
    alert: dict[str, dict[str, str]],
) -> None:
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert set(alert["annotations"]) == {"summary", "runbook"}
    assert alert["annotations"]["runbook"] == f"docs/runbook.md#{str(alert['alert']).lower()}"
    summary = alert["annotations"]["summary"]
    assert summary.endswith(".")
    shown = set(re.findall(r"\$labels\.(\w+)", summary))
    assert shown <= labels_of(Query(str(alert["alert"]), str(alert["expr"])))


def test_every_alert_has_its_section_in_the_runbook_and_every_section_its_alert() -> None:
    sections = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)
    assert len(sections) == len(set(sections))
    assert set(sections) == {alert["alert"] for alert in ALERTS}


@pytest.mark.parametrize(
    "section", re.split(r"^### ", RUNBOOK, flags=re.MULTILINE)[1:], ids=lambda text: text.split()[0]
)
def test_a_section_of_the_runbook_answers_every_question(section: str) -> None:
    text = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    parts = re.findall(r"^\*\*(.+?)\*\*", text, re.MULTILINE)
    assert parts == ["Means.", "Who notices.", "Meanwhile.", "Look.", "Do.", "Call for help"]


def test_what_is_promised_has_an_alert_that_the_promises_name() -> None:
    promises = re.findall(r"^\|.*\|$", (ROOT / "docs/slo.md").read_text(), re.MULTILINE)
    groups = yaml.safe_load((OPS / "prometheus/alerts.yaml").read_text())["groups"]
    (alerts,) = [group["rules"] for group in groups if group["name"] == "promises"]
    assert {alert["alert"].lower() for alert in alerts} == set(re.findall(r"\(runbook\.md#(\w+)\)", "".join(promises)))


def test_what_others_export_is_documented() -> None:
    text = (ROOT / "docs/telemetry.md").read_text()
    for metric in OF_OTHERS.keys() - {"ALERTS"}:
        assert f"`{metric}`" in text, metric


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_has_a_title_a_unit_and_queries_with_legends(panel: dict[str, object]) -> None:
    config = panel["fieldConfig"]
    assert isinstance(config, dict)
    assert config["defaults"]["unit"]
    assert panel["title"]
    assert str(panel["description"]).endswith(".")
    targets = panel["targets"]
    assert isinstance(targets, list)
    assert targets
    assert len({target["refId"] for target in targets}) == len(targets)
    for target in (panel, *targets):
        assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in targets:
        assert target["legendFormat"]
        shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        query = Query(str(panel["title"]), target["expr"])
        assert shown <= (query.grouped_by() or labels_of(query))


def test_the_dashboard_asks_which_prometheus_and_no_panel_covers_another() -> None:
    found = dashboard()
    (variable,) = found["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    assert len({panel["id"] for panel in found["panels"]}) == len(found["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in found["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_jobs_of_one_machine_are_where_its_services_listen() -> None:
    config = yaml.safe_load((OPS / "prometheus/prometheus.yaml").read_text())
    first = StandaloneSettings.model_fields["internal_port_first"].default
    expected: dict[str, list[str]] = {}
    for name, port in plan_ports(2121, 8080, 8081, first, detect_workers=2, separate=False).health.items():
        expected.setdefault(name.split("-")[0], []).append(f"127.0.0.1:{port}")
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in config["scrape_configs"]}
    assert jobs.pop("node") == ["127.0.0.1:9100"]
    assert jobs == expected
    assert [(OPS / "prometheus" / name).exists() for name in config["rule_files"]] == [True, True]


def test_rules_do_what_their_own_tests_say() -> None:
    for arguments in (["check", "config", "prometheus.yaml"], ["test", "rules", "tests.yaml", "tests_of_days.yaml"]):
        result = subprocess.run(
            ["promtool", *arguments], cwd=OPS / "prometheus", capture_output=True, text=True, check=False, timeout=100
        )
        assert result.returncode == 0, result.stdout + result.stderr


def test_every_command_that_the_runbook_tells_people_to_type_exists() -> None:
    typed = {tuple(words.split()) for words in re.findall(r"(?:^|`)facetally ([a-z ]+)", RUNBOOK, re.MULTILINE)}
    assert ("dead", "replay") in typed
    for words in typed:
        command: object = get_command(app)
        for word in words:
            command = getattr(command, "commands", {}).get(word)
            assert command is not None, f"facetally {' '.join(words)}"


def test_every_setting_that_the_runbook_names_exists() -> None:
    settings = (ROOT / "docs/settings.md").read_text()
    for name in re.findall(r"`(FACETALLY_\w+)`", RUNBOOK):
        assert f"`{name}`" in settings, name


def test_every_event_that_the_runbook_names_is_logged() -> None:
    events = set(re.findall(r"_log\.\w+\(\s*\"(\w+)\"", SOURCES))
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", RUNBOOK)) - {
        "no_room",
        "openid_refused",
        "max_bytes",
        "pg_stat_activity",
    }
    assert "dependency_away" in named
    assert named <= events

"""What operators read is the code's: the table of metrics, the dashboard's queries."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from aiohttp import web
from prometheus_client import Metric

from middleware.clock import SystemClock
from middleware.relay.ports import Store
from middleware.web.metrics import Metrics, add_metrics

DOCS = Path(__file__).parents[2] / "docs"
PANELS = json.loads((DOCS / "grafana.json").read_text())["panels"]
BY_GRAFANA = {"instance", "job", "datasource", "__rate_interval"}


def families() -> list[Metric]:
    """Every metric of ours, each with a sample for every label it can have."""
    metrics = Metrics("t" * 16, clock=SystemClock(), about={"version": "1", "backend": "conversations"})
    add_metrics(web.Application(), metrics, store=cast(Store, None), clock=SystemClock(), sockets=lambda: 0)
    metrics.called("GET", "https://api/", "200", 0.1)
    return [family for family in metrics.registry.collect() if not family.name.startswith("process_")]


def samples() -> dict[str, set[str]]:
    """Every sample's name, and the names of its labels."""
    found = {sample.name: set(sample.labels) for family in families() for sample in family.samples}
    return {name: labels for name, labels in found.items() if not name.endswith("_created")}


def metrics_table() -> str:
    """The table as the code knows it; docs/operations.md holds exactly this."""
    rows = ["| metric | type | labels | what it is |", "|---|---|---|---|"]
    for family in families():
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = sorted({name for sample in family.samples for name in sample.labels} - {"le"})
        shown = ", ".join(f"`{name}`" for name in labels) or "–"
        rows.append(f"| `{family.name}{suffix}` | {family.type} | {shown} | {family.documentation} |")
    return "\n".join(rows)


def test_the_table_of_metrics_is_the_metrics() -> None:
    """A figure nobody can find is not looked at."""
    found = re.search(r"<!-- metrics -->\n(.*?)\n<!-- /metrics -->", (DOCS / "operations.md").read_text(), re.DOTALL)
    assert found is not None
    assert metrics_table() == found[1]


def queries() -> Iterator[Any]:
    for panel in PANELS:
        for target in panel.get("targets", []):
            yield pytest.param(target["expr"], id=f"{panel['title']} {target['refId']}")
    for alert, query in re.findall(r"- alert: (\w+)\n +expr: (.*)\n", (DOCS / "operations.md").read_text()):
        yield pytest.param(query, id=alert)


@pytest.mark.parametrize("query", [*queries()])
def test_every_query_asks_for_what_there_is(query: str) -> None:
    """A panel or an alert of a name that was changed is silent, and nobody notices until the night it is needed."""
    known = samples()
    names = set(re.findall(r"\b(?:flex_relay|process)_\w+", query))
    assert names
    assert set() == {name for name in names if name.startswith("flex_relay_")} - set(known)
    wanted = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', query))
    grouped = {label.strip() for labels in re.findall(r"\bby \(([^)]*)\)", query) for label in labels.split(",")}
    there = set().union(*(known.get(name, set()) for name in names)) | {"le"}
    assert set() == (wanted | grouped) - there - BY_GRAFANA


def test_a_counter_is_drawn_as_a_rate_and_a_histogram_as_a_quantile() -> None:
    """A raw counter is a line that only climbs, and falls at a restart."""
    for query in (query.values[0] for query in queries()):
        for name in re.findall(r"flex_relay_\w+(?:_total|_bucket|_sum|_count)\b", str(query)):
            assert re.search(rf"(rate|increase)\({name}\b", str(query)), query


def test_what_is_to_be_pasted_is_yaml() -> None:
    """Prometheus would say so too, only later."""
    fences = re.findall(r"```yaml\n(.*?)```", (DOCS / "operations.md").read_text(), re.DOTALL)
    assert ["scrape_configs", "groups"] == [key for fence in fences for key in yaml.safe_load(fence)]


def test_every_metric_is_on_the_dashboard() -> None:
    """What is worth counting is worth a look."""
    asked = " ".join(str(query.values[0]) for query in queries())
    assert [] == [family.name for family in families() if family.name not in asked and family.type != "info"]


def test_panels_are_numbered_and_do_not_overlap() -> None:
    """Grafana takes a dashboard with two panels of one id, and shows one of them."""
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in PANELS
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert 24 > max(x for x, _ in cells)

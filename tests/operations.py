"""The rules, the dashboard and the queries of the documents, and what a query asks for."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml

ROOT = Path(__file__).parents[1]
OPS = ROOT / "ops"
# Where Grafana puts the span that suits the picture, the parser needs one.
_SPAN = {"$__rate_interval": "5m"}
_TYPED = re.compile(r"```promql\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric that a query reads, and what it asks of its labels: name to values, a regular expression taken apart."""

    metric: str
    matchers: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and where it stands."""

    where: str
    text: str

    def _expression(self) -> promql.Expr:
        text = self.text
        for variable, span in _SPAN.items():
            text = text.replace(variable, span)
        try:
            return promql.parse(text)
        except ValueError as error:
            raise AssertionError(f"{self.where}: {error}\n{text}") from error

    def selectors(self) -> list[Selector]:
        """Every metric that it reads."""
        found = []

        def visit(part: promql.Expr) -> None:
            if isinstance(part, promql.VectorSelector):
                assert part.name, self.where
                matchers = tuple((m.name, tuple(m.value.split("|"))) for m in part.matchers.matchers)
                found.append(Selector(part.name, matchers))

        promql.walk(self._expression(), visit)
        return found

    def grouped_by(self) -> set[str]:
        """Every label that it groups or matches by."""
        found: set[str] = set()

        def visit(part: promql.Expr) -> None:
            if isinstance(part, promql.AggregateExpr) and part.modifier is not None:
                found.update(part.modifier.labels)
            if isinstance(part, promql.BinaryExpr) and part.modifier is not None and part.modifier.matching is not None:
                found.update(part.modifier.matching.labels)

        promql.walk(self._expression(), visit)
        return found


def rules(kind: str) -> list[dict[str, Any]]:
    """The rules of a kind, `alert` or `record`."""
    files = [yaml.safe_load((OPS / "prometheus" / name).read_text()) for name in ("slo.yaml", "alerts.yaml")]
    return [rule for file in files for group in file["groups"] for rule in group["rules"] if kind in rule]


def dashboard() -> dict[str, Any]:
    """Grafana's dashboard."""
    found: dict[str, Any] = json.loads((OPS / "grafana/facetally.json").read_text())
    return found


def panels() -> list[dict[str, Any]]:
    """What the dashboard shows, without the titles of its rows."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> list[Query]:
    """Every query that there is."""
    of_rules = [Query(rule[kind], rule["expr"]) for kind in ("record", "alert") for rule in rules(kind)]
    of_panels = [Query(f"panel {panel['title']}", target["expr"]) for panel in panels() for target in panel["targets"]]
    of_documents = [
        Query(path.name, text) for path in sorted(ROOT.glob("docs/*.md")) for text in _TYPED.findall(path.read_text())
    ]
    return of_rules + of_panels + of_documents

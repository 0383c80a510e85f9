"""A report made from what a run has recorded."""

import csv
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from loadtest.figures import Request, Rows, Sample
from loadtest.plan import Limits, Plan, Scenario, read_plan
from loadtest.recording import RequestsFile, read_recorded, write_beginning, write_rows, write_samples
from loadtest.report import sum_up, write_report
from loadtest.shapes import shape_of

BEGAN_AT = 1_764_000_000.0
ODD = '450 <b>"Busy"</b>, try\nlater'


class Page(HTMLParser):
    """Cells of every table, and whether every element was closed."""

    void = frozenset({"meta", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.void:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def a_run(folder: Path, scenario: Scenario, minutes: float = 1) -> Plan:
    plan = Plan(scenario, 8, minutes, folder, folder / "photos", "127.0.0.1", 2121, folder / "logins.csv")
    write_beginning(folder, BEGAN_AT)
    file = RequestsFile(folder)
    at: dict[str, float] = {}
    for number in range(120):
        ended_at = BEGAN_AT + number / 2
        failure = ODD if number == 60 else ""
        file.add(Request(ended_at, "FTP", "KeepsSession", 20 + number, failure, "" if failure else f"id-{number}"))
        at[f"id-{number}"] = ended_at + 2
    file.add(Request(BEGAN_AT + 9, "GET", "overview", 33))
    file.close()
    write_samples(
        folder,
        [Sample(BEGAN_AT + number, kind, name, 0.25)
         for number in range(60) for kind, name in (("cpu", "ingest"), ("queue", "detect"))],
    )  # fmt: skip
    write_rows(folder, Rows(at, BEGAN_AT + 70))
    return plan


@pytest.mark.parametrize("scenario", list(Scenario))
def test_a_page_with_tables_and_charts_is_made(tmp_path: Path, scenario: Scenario) -> None:
    plan = a_run(tmp_path, scenario)
    recorded = read_recorded(tmp_path)
    assert recorded is not None
    path = write_report(sum_up(plan, recorded), recorded, shape_of(plan, [0.0, 9.0]))
    page = Page(path.read_text())
    assert page.open == []
    assert ["KeepsSession", "FTP", "119", "1", "79.0", "133.1", "137.8", "139.0"] in page.rows
    assert ["119", "0", "2.00", "2.00", "2.00", "2.00"] in page.rows
    assert ["ingest", "0.25", "0.25", "125.0"] in page.rows
    assert ["detect", "0.2", "0", "0"] in page.rows
    assert [f"FTP KeepsSession: {ODD}", "1"] in page.rows
    with Image.open(tmp_path / "report.png") as picture:
        assert picture.width > 800
        colours = picture.convert("RGB").getcolors(1 << 20)
        assert colours is not None
        assert len(colours) > 50


def test_what_was_not_measured_is_said(tmp_path: Path) -> None:
    plan = a_run(tmp_path, Scenario.FLAT)
    (tmp_path / "rows.json").unlink()
    (tmp_path / "samples.csv").unlink()
    recorded = read_recorded(tmp_path)
    assert recorded is not None
    page = Page(write_report(sum_up(plan, recorded), recorded, shape_of(plan, [0.0])).read_text())
    assert "there was no database to look into" in page.text
    assert "NATS monitoring was not in reach" in page.text


def test_a_run_that_was_ended_before_its_first_photo_has_a_report_and_has_not_passed(tmp_path: Path) -> None:
    plan = Plan(Scenario.DAY, 8, 1, tmp_path, tmp_path, "127.0.0.1", 2121, tmp_path)
    write_beginning(tmp_path, BEGAN_AT)
    recorded = read_recorded(tmp_path)
    assert recorded is not None
    report = sum_up(plan, recorded)
    assert not report.passed
    assert Page(write_report(report, recorded, shape_of(plan, [0.0])).read_text()).open == []


def test_nothing_is_reported_of_a_run_that_never_began(tmp_path: Path) -> None:
    assert read_recorded(tmp_path) is None


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = replace(a_run(tmp_path, Scenario.PEAK), knows_rows=True, limits=Limits(0.5, 1, 2), readers=3)
    assert read_plan(plan.write()) == plan


def test_what_is_recorded_is_a_table_that_others_can_read(tmp_path: Path) -> None:
    a_run(tmp_path, Scenario.FLAT)
    with (tmp_path / "requests.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 121
    assert rows[60][4] == ODD

"""What the command line tells of budgets, missing secrets, and sources that will not run."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from lagebild.cli import root
from storage.sqlite import open_archive

SOURCES = """
version: 1
sources:
- {id: suche, name: Suche, kind: hackernews, url: 'https://hn.example/', language: en, market: US, lens: user,
   limits: {daily_budget: 50, monthly_budget: 900}, options: {queries: [{any: [recall], daily_budget: 20}]}}
- {id: kanal, name: Kanal, kind: telegram, url: 'https://t.example/', language: de, market: DE, lens: user}
- {id: geld, name: Geld, kind: x, url: 'https://x.example/', language: de, market: DE, lens: user, auth: env:X_BEARER}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "lagebild.toml").write_text("", encoding="utf-8")
    archive = open_archive(tmp_path / "lagebild.db")
    today = datetime.now(UTC)
    archive.reserve("suche / recall", {f"{today:%Y-%m-%d}": 20}, 3)
    archive.reserve("suche", {f"{today:%Y-%m-%d}": 50, f"{today:%Y-%m}": 900}, 7)
    archive.close()
    return tmp_path


def lagebild(folder: Path, *words: str) -> str:
    return CliRunner().invoke(root, ["--config", str(folder / "lagebild.toml"), *words]).output


def test_budgets_are_told_by_day_month_and_query(folder: Path) -> None:
    rows = json.loads(lagebild(folder, "sources", "budget", "--json"))["budgets"]
    told = {(row["account"], len(row["period"])): (row["spent"], row["cap"], row["unit"]) for row in rows}
    assert told == {
        ("suche", 7): (7, 900, "requests"),
        ("suche", 10): (7, 50, "requests"),
        ("suche / recall", 10): (3, None, "requests"),
    }
    assert "7 of 50 requests" in lagebild(folder, "sources", "budget")


def test_the_doctor_names_secrets_that_lead_nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_BEARER", raising=False)
    assert "MISSING (set the environment variable X_BEARER) for geld" in lagebild(folder, "doctor")
    monkeypatch.setenv("X_BEARER", "streng-geheim")
    said = lagebild(folder, "doctor")
    assert "found for geld" in said
    assert "streng-geheim" not in said


def test_the_check_warns_of_sources_that_will_not_run(folder: Path) -> None:
    said = lagebild(folder, "sources", "check")
    assert "warning[refused]" in said
    assert "telegram is read only where somebody has signed" in said
    assert "reads of x cost money; set limits: {monthly_budget: CENTS}" in said

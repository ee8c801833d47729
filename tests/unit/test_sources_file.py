"""sources.yaml: what is right is loaded, what is wrong is told by line, column and remedy."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.errors import ConfigError
from domain.model import Lens
from domain.registry import names_in
from lagebild.cli import root
from lagebild.sources.load import load, read
from lagebild.sources.schema import json_schema

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "sources.yaml"
BROKEN = sorted((HERE.parent / "fixtures" / "broken_sources").glob("*.yaml"))
EXPECTED = re.compile(r"# expect: (\d+):(\d+) (\S+) (.+)")


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_is_told_by_line_column_and_remedy(path: Path) -> None:
    line, column, code, remedy = EXPECTED.match(path.read_text(encoding="utf-8")).groups()
    found = [(p.line, p.column, p.code) for p in read(path).errors]
    assert (int(line), int(column), code) in found
    assert any(remedy in p.remedy for p in read(path).errors)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_check_leaves_with_exit_code_3(path: Path) -> None:
    run = CliRunner().invoke(root, ["sources", "check", str(path)], standalone_mode=False)
    assert run.return_value == 3
    assert f"{path}:" in run.output


def test_at_least_ten_broken_files_are_kept() -> None:
    assert len(BROKEN) >= 10


def test_load_quotes_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("sources:\n  - id: a\n    name: A\n", encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load(path)
    assert str(told.value).count("[missing]") == 5


def test_the_shipped_file_watches_at_least_120_sources_in_all_home_markets() -> None:
    sources = load(SHIPPED)
    assert len(sources) >= 120
    assert {"DE", "AT", "CH", "UK", "US", "EU"} <= {source.market for source in sources}
    assert sum(source.lens is Lens.REGULATOR for source in sources) >= 10
    assert all(timedelta(minutes=15) <= source.interval <= timedelta(days=1) for source in sources)


def test_platforms_are_shipped_off_and_each_is_there_to_be_switched_on() -> None:
    platforms = [source for source in load(SHIPPED) if source.category in ("social", "reviews")]
    assert {source.kind for source in platforms} >= {
        "bluesky_jetstream",
        "reddit",
        "telegram",
        "x",
        "threads",
        "trustpilot",
    }
    assert not any(source.enabled for source in platforms)


def test_the_starter_file_is_the_shipped_file() -> None:
    starter = SHIPPED.parent / "lagebild" / "starter" / "sources.yaml"
    assert starter.read_bytes() == SHIPPED.read_bytes()


def test_the_schema_names_the_installed_kinds() -> None:
    schema = json_schema(names_in("crawler.connectors"))
    assert "rss" in schema["$defs"]["SourceEntry"]["properties"]["kind"]["enum"]

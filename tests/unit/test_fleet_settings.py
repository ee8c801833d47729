"""A fleet that is not set up says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from domain.errors import ConfigError
from lagebild.cli import root
from lagebild.opening import database_of
from lagebild.settings import Fleet, Settings

WITHOUT = """
import sys
sys.modules[{name!r}] = None
from domain.errors import ConfigError
from lagebild.opening import fleet_archive
try:
    fleet_archive("postgresql://nowhere/x")
except ConfigError as error:
    print(error)
"""


def test_without_a_database_there_is_no_fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(root, ["fleet", "status"])
    assert isinstance(done.exception, ConfigError)
    assert "[fleet]" in done.exception.remedy


def test_the_database_may_be_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAGEBILD_DATABASE", "postgresql://a@b/c")
    assert database_of(Settings(fleet=Fleet(database="env:LAGEBILD_DATABASE"))) == "postgresql://a@b/c"
    monkeypatch.delenv("LAGEBILD_DATABASE")
    with pytest.raises(ConfigError, match="not set"):
        database_of(Settings(fleet=Fleet(database="env:LAGEBILD_DATABASE")))


def test_without_its_libraries_it_names_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(name="psycopg")], capture_output=True, text=True, check=True
    )
    assert "pip install 'lagebild[fleet]'" in done.stdout

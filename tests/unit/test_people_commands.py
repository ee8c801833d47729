"""`lagebild people`: passwords come from standard input, never as an argument; every change is told to the audit log."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from domain.errors import ConfigError
from lagebild.cli import root
from storage.sqlite import open_archive
from web.passwords import matches

PASSWORD = "vier Wörter ohne Zusammenhang"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


def people(file: Path, *words: str, given: str = "") -> Result:
    return CliRunner().invoke(root, ["--archive", str(file), "people", *words], input=given)


def test_an_account_is_made_changed_and_shut_out(file: Path) -> None:
    assert people(file, "add", "Anna", "--role", "analyst", given=PASSWORD + "\n").exit_code == 0
    archive = open_archive(file)
    assert matches(archive.account("anna").password_hash, PASSWORD)
    assert people(file, "role", "anna", "admin").exit_code == 0
    assert people(file, "disable", "anna").exit_code == 0
    kept = archive.account("anna")
    assert (kept.role, kept.disabled) == ("admin", True)
    assert "disabled" in people(file, "list").stdout
    assert people(file, "disable", "anna", "--undo").exit_code == 0
    assert people(file, "password", "anna", given="ganz andere neue Wörter\n").exit_code == 0
    assert matches(archive.account("anna").password_hash, "ganz andere neue Wörter")
    actions = [line["action"] for line in archive.audit_log()]
    assert actions == ["account made", "role changed", "account disabled", "account let in", "password set"]
    assert PASSWORD not in str(archive.audit_log())


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (("add", "anna"), "kurz\n"),
        (("add", "Anna Keller"), PASSWORD),
        (("role", "nobody", "admin"), ""),
        (("password", "nobody"), PASSWORD),
        (("token", "nobody", "--scope", "items:read"), ""),
    ],
)
def test_what_cannot_be_is_told_with_its_remedy(file: Path, words: tuple[str, ...], given: str) -> None:
    open_archive(file)
    error = people(file, *words, given=given).exception
    assert isinstance(error, ConfigError)
    assert error.remedy


def test_a_token_is_printed_once_within_the_role_of_its_owner(file: Path) -> None:
    people(file, "add", "anna", "--no-password")
    assert isinstance(people(file, "token", "anna", "--scope", "sql").exception, ConfigError)
    done = people(file, "token", "anna", "--scope", "items:read", "--title", "Bericht")
    assert done.stdout.startswith("lb_")
    listed = people(file, "token", "anna", "--list").stdout
    assert "Bericht" in listed
    assert done.stdout.strip() not in listed
    assert people(file, "token", "anna", "--drop", listed.split()[0]).exit_code == 0
    assert people(file, "token", "anna", "--list").stdout == ""


def test_no_command_takes_a_password_as_an_argument(file: Path) -> None:
    for command in ("add", "password"):
        assert "--password " not in people(file, command, "--help").stdout

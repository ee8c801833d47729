"""/sql: public views and nothing else; every write, every hidden table and every trick to reach one is refused."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from domain.model import Annotation, Incident, IncidentState, Lens, Reading, Token, TriageEvent
from lagebild.reading_room import asking_of
from storage.memory import MemoryArchive
from storage.sqlite import open_archive
from storage.sqlite.asking import BEHIND_VIEWS, connect, poses_as, read_by_views
from storage.sqlite.schema import PUBLIC_VIEWS
from tests.fixtures.room import NOW, add_account, browser, desk_over, fill, items, signed_in
from web.desk import Desk
from web.people import hash_of

SECRET = "Privat gesagtes Wort"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    file = tmp_path_factory.mktemp("sql") / "a.db"
    archive = open_archive(file)
    plain = items(3)
    filed = [
        plain[0],
        replace(plain[1], title=f"{SECRET} eins"),
        replace(plain[2], title=f"{SECRET} zwei", lens=Lens.USER),
    ]
    fill(archive, filed)
    severity = {"i1": "1", "i2": "5", "i3": "1"}
    archive.keep_readings(
        [
            Reading(i, "risk/1", (Annotation(item_id=i, layer="severity", label=s, annotator="risk/1"),))
            for i, s in severity.items()
        ],
        NOW,
    )
    red = Incident(
        id="x1",
        title=f"{SECRET} rot",
        market="DE",
        severity=5,
        state=IncidentState.NEW,
        opened_at=NOW,
        tlp="RED",
    )
    archive.open_incident(red, TriageEvent(incident_id="x1", at=NOW, by="anna", action="opened"))
    add_account(archive, "anna", "analyst")
    yield desk_over(archive, asking=asking_of(file))
    archive.close()


@pytest.fixture(scope="module")
def anna(desk: Desk) -> Iterator[TestClient]:
    with signed_in(desk, "anna") as client:
        yield client


def asked(client: TestClient, sql: str) -> dict[str, object]:
    answer = client.get(f"/sql/lagebild.json?_shape=objects&sql={quote(sql)}")
    assert answer.status_code < 500, answer.text
    given: dict[str, object] = answer.json()
    return given


def test_an_analyst_asks_and_is_answered(anna: TestClient) -> None:
    given = asked(anna, "select item_id, title from v_items order by item_id")
    assert [row["title"] for row in given["rows"]] == [
        "Cybermobbing an Schulen 1",
        "[folded: sensitive]",
        "[withheld: user post]",
    ]


@pytest.mark.parametrize("view", PUBLIC_VIEWS)
@pytest.mark.parametrize("form", ["", ".json", ".csv"])
def test_every_view_is_shown_without_what_is_withheld(anna: TestClient, view: str, form: str) -> None:
    answer = anna.get(f"/sql/lagebild/{view}{form}")
    assert answer.status_code == 200
    assert SECRET not in answer.text


HIDDEN = (
    "account", "session", "token", "attempt", "exposure", "audit", "item", "item_text", "item_version", "annotation",
    "story", "incident", "triage_event", "label", "suppression", "outbox", "saved_search", "setting", "item_words",
    "item_letters", "item_words_data", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "dbstat",
    "pragma_table_info('account')", "pragma_database_list", "json_each('[1]')",
)  # fmt: skip


@pytest.mark.parametrize("table", HIDDEN)
def test_hidden_tables_stay_hidden(desk: Desk, anna: TestClient, table: str) -> None:
    for sql in (f"select * from {table}", f"select count(*) from {table}", f"select 1 from v_items, {table}"):
        with pytest.raises(sqlite3.OperationalError):
            connect(desk.asking.path).execute(sql).fetchall()
    assert not asked(anna, f"select * from {table}").get("rows")
    if table.isidentifier():
        assert anna.get(f"/sql/lagebild/{table}").status_code == 404


def test_the_tables_behind_the_views_are_all_known(desk: Desk) -> None:
    read = {table for columns in read_by_views(desk.asking.path).values() for table, _ in columns}
    assert read == BEHIND_VIEWS


TRICKS = (
    "with v_items as (select * from account) select * from v_items",
    "with v_items as (select t.title from item_text t) select * from v_items",
    'with "V_Items" as (select title from item_text) select * from v_items',
    "with [v_items] as materialized (select title from item_text) select * from v_items",
    "with `v_items`(a) as not materialized (select title from item_text) select * from v_items",
    "with 'v_items' as (select title from item_text) select * from v_items",
    "with v_items/* */as/**/(select title from item_text) select * from v_items",
    "with v_items -- x\n as (select title from item_text) select * from v_items",
    "with a as (select '/*'), v_items as (select title from item_text), b as (select '*/') select * from v_items",
    "with recursive x(n) as (select 1), v_stories as (select title from story) select * from v_stories",
    "select * from (with v_items as (select title from item_text) select * from v_items)",
    "select (select title from item_text limit 1) from v_items",
    "select * from v_items where exists (select 1 from account where role = 'admin')",
    "select * from v_items union select name, role, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 from account",
    "select * from v_items join account on 1",
    "select * from account as v_items",
    "select load_extension('x')",
    "select readfile('/etc/hostname')",
    "select author_ref from item",
    "explain select * from account",
)


@pytest.mark.parametrize("sql", TRICKS)
def test_tricks_reach_nothing(desk: Desk, anna: TestClient, sql: str) -> None:
    assert SECRET not in json.dumps(asked(anna, sql).get("rows", []))
    with pytest.raises(sqlite3.OperationalError):
        connect(desk.asking.path).execute(sql).fetchall()


WRITES = (
    "delete from item", "update account set role = 'admin'", "insert into account select * from account", "drop table item",
    "create table x (y)", "create temp table x (y)", "create temp view y as select * from account", "alter table item rename to x",
    "attach ':memory:' as x", "detach main", "vacuum", "vacuum into '/tmp/copy.db'", "reindex", "analyze", "begin immediate",
    "pragma journal_mode = delete", "pragma writable_schema = on", "pragma query_only = off", "pragma trusted_schema = on",
    "delete from v_items", "insert into v_items (title) values ('x')", "savepoint x", "with x as (select 1) delete from item",
)  # fmt: skip


@pytest.mark.parametrize("sql", WRITES)
def test_every_write_is_refused(desk: Desk, anna: TestClient, sql: str) -> None:
    assert not asked(anna, sql).get("rows")
    with pytest.raises(sqlite3.OperationalError):
        connect(desk.asking.path).execute(sql)


def test_a_script_of_statements_is_refused(desk: Desk) -> None:
    with pytest.raises((sqlite3.OperationalError, sqlite3.ProgrammingError, sqlite3.Warning)):
        connect(desk.asking.path).execute("select 1; delete from item")
    with pytest.raises(sqlite3.OperationalError):
        connect(desk.asking.path).executescript("delete from item")


@pytest.mark.parametrize(
    "sql",
    [
        "with x as (select * from v_items) select count(*) from x",
        "select title as v_items from v_items",
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select i from n",
        "select v.topic, sum(v.items) from v_topics v group by 1 order by 2 desc",
        "select 'with v_items as (select 1)'",
        "select count(*) from v_visits",
    ],
)
def test_honest_questions_are_answered(desk: Desk, sql: str) -> None:
    assert connect(desk.asking.path).execute(sql).fetchall()
    assert poses_as(sql, PUBLIC_VIEWS) == ""


def test_a_condition_by_hand_reaches_no_further(anna: TestClient) -> None:
    where = quote("title in (select password_hash from account)")
    answer = anna.get(f"/sql/lagebild/v_items.json?_where={where}")
    assert answer.status_code < 500
    assert not answer.json().get("rows")


def test_a_question_that_takes_too_long_is_stopped(anna: TestClient) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    assert "interrupted" in str(asked(anna, endless)).lower()


@pytest.mark.parametrize(
    "path",
    [
        "/sql/-/databases", "/sql/-/plugins.json", "/sql/-/settings", "/sql/-/auth-token", "/sql/-/permissions", "/sql/-/logout",
        "/sql/-/create-token", "/sql/-/actor.json", "/sql/-/threads", "/sql/-/metadata.json", "/sql/_internal", "/sql/_memory",
        "/sql/lagebild.db", "/sql/%2D/databases", "/sql/lagebild/-/x",
    ],
)  # fmt: skip
def test_datasettes_own_pages_and_the_file_stay_shut(anna: TestClient, path: str) -> None:
    assert anna.get(path).status_code in (403, 404)


def test_nothing_is_changed_by_posting(anna: TestClient) -> None:
    token = re.search(r'name="token" value="([0-9a-f]+)"', anna.get("/me").text)[1]
    assert anna.post("/sql/lagebild", data={"token": token, "sql": "delete from item"}).status_code == 405


@pytest.mark.parametrize(
    "path", ["/sql/", "/sql/lagebild", "/sql/lagebild/v_items", "/sql/lagebild?sql=select+1", "/sql/none"]
)
def test_pages_hold_nothing_from_elsewhere_and_no_inline_script(anna: TestClient, path: str) -> None:
    answer = anna.get(path)
    assert "<script" not in answer.text
    assert "<style" not in answer.text
    assert 'lang="en"' in answer.text
    for place in re.findall(r'(?:src|action)="([^"]*)"|<link[^>]*href="([^"]*)"', answer.text):
        assert not re.match(r"(?:[a-z]+:)?//", "".join(place))
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy


def test_its_style_is_its_own(anna: TestClient) -> None:
    sheets = re.findall(r'href="([^"]*css[^"]*)"', anna.get("/sql/").text)
    assert len(sheets) == 2
    assert {anna.get(sheet).status_code for sheet in sheets} == {200}


def test_readers_and_strangers_do_not_ask(desk: Desk) -> None:
    add_account(desk.archive, "reader", "reader")
    assert signed_in(desk, "reader").get("/sql/").status_code == 403
    assert browser(desk).get("/sql/lagebild.json?sql=select+1").status_code == 303


def test_a_token_for_sql_opens_it_to_programs(desk: Desk) -> None:
    desk.archive.keep_token(Token("t", "anna", "t", ("sql",), hash_of("lb_t"), NOW, NOW + timedelta(days=1)))
    sent = {"Authorization": "Bearer lb_t"}
    assert browser(desk).get("/sql/lagebild.json?sql=select+1", headers=sent).status_code == 200


def test_all_rows_stream_as_csv(anna: TestClient) -> None:
    text = anna.get("/sql/lagebild/v_items.csv?_stream=on&_size=max").text
    assert len(text.strip().splitlines()) == 4


def test_without_a_file_there_is_nothing_to_ask() -> None:
    assert asking_of(Path("none.db")) is None
    answer = browser(desk_over(MemoryArchive())).get("/sql/")
    assert answer.status_code == 404

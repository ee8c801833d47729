"""Log lines carry events and facts; secrets and people never leave through them."""

import io
import json
import logging

import pytest

from domain.errors import FetchError
from lagebild.log import Facts, JsonLine, KeyValue, masked, secrets_in, telling

SECRETS = secrets_in({"SMTP_PASSWORD": "kirschbaum9", "HOME": "/root/long/enough", "API_TOKEN": "abc"})


def line(form: type[logging.Formatter], event: str, *facts: object, error: Exception | None = None) -> str:
    """What a logger with this form writes."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(Facts())
    handler.setFormatter(form(SECRETS))  # type: ignore[arg-type]
    logger = logging.Logger("lagebild.test")
    logger.addHandler(handler)
    try:
        if error is not None:
            raise error
    except Exception:
        logger.exception(event, *facts)
    else:
        logger.warning(event, *facts)
    return out.getvalue()


def test_only_what_is_named_like_a_secret_and_long_enough_is_one() -> None:
    assert SECRETS == ["kirschbaum9"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("login with kirschbaum9 refused", "login with [secret] refused"),
        ("url=https://a.example/feed?token=xyz&u=1 next=2", "url=https://a.example/feed?[...] next=2"),
        ("url=https://me:pw@a.example/x", "url=https://a.example/x"),
        ("to=anna.berg@mail.example.org", "to=[address]"),
        ("author=@lena.k said", "author=[handle] said"),
        ("collected source=bote new=3", "collected source=bote new=3"),
    ],
)
def test_what_is_taken_out(said: str, left: str) -> None:
    assert masked(said, SECRETS) == left


@pytest.mark.parametrize("form", [KeyValue, JsonLine])
def test_a_librarys_error_is_told_by_class_and_place_alone(form: type[logging.Formatter]) -> None:
    told = line(form, "reading failed item=%s", "a1", error=ValueError("Lena schreibt: ich kann nicht mehr"))
    assert "ValueError" in told and "test_log.py" in told and "item=a1" in told
    assert "Lena" not in told


def test_our_own_errors_keep_their_sentence() -> None:
    error = FetchError("no answer from a.example", source_id="bote", remedy="wait")
    assert "no answer from a.example" in line(KeyValue, "fetch failed", error=error)


def test_facts_of_the_task_are_on_every_line() -> None:
    with telling(job="collect"), telling(source="bote"):
        told = json.loads(line(JsonLine, "collected new=%d", 3))
    assert (told["job"], told["source"], told["event"]) == ("collect", "bote", "collected new=3")
    assert "job" not in json.loads(line(JsonLine, "idle"))


def test_json_lines_are_masked_too() -> None:
    assert "kirschbaum9" not in line(JsonLine, "login %s %s", "kirschbaum9", "anna@x.example")


def test_no_call_logs_a_text_or_a_person() -> None:
    """Names of arguments that hold words of others or tell who somebody is."""
    import ast
    from pathlib import Path

    private = {
        "text",
        "title",
        "lead",
        "body",
        "summary",
        "content",
        "author",
        "authors",
        "handle",
        "recipient",
        "password",
        "token",
        "to",
    }
    repo = Path(__file__).parents[2]
    found = []
    for room in ("lagebild", "crawler", "nlp", "storage", "digest", "web"):
        for path in (repo / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and ast.unparse(node.func.value).endswith("logger")
                ):
                    names = {n.attr for a in node.args for n in ast.walk(a) if isinstance(n, ast.Attribute)}
                    names |= {n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)}
                    found += [f"{path.name}:{node.lineno} {name}" for name in names & private]
    assert found == []

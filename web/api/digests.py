"""Kept issues, newest first; one issue as it was kept, with the figures behind its numbers."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from web.api import given
from web.api.answers import answer, walked
from web.desk import Desk

MOST_ISSUES = 5_000
"""Four markets in two languages for nearly two years; older ones are asked for by their day."""


def many(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    kept = desk.archive.digests(given.text(request, "market"), MOST_ISSUES)
    return walked(request, sorted(kept, key=place, reverse=True), place, shape)


def place(row: Mapping[str, str]) -> str:
    return f"{row['day']} {row['digest_id']}"


def shape(row: Mapping[str, str]) -> dict[str, Any]:
    link = f"/api/v1/digests/{row['market']}/{row['day']}/{row['edition']}/{row['language']}"
    return {**row, "link": link}


def one(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    asked = request.path_params
    try:
        day = date.fromisoformat(asked["day"])
    except ValueError as error:
        raise HTTPException(404, "the day is written 2026-11-28") from error
    body = desk.archive.digest(asked["market"], day, asked["edition"], asked["language"])
    if body is None:
        raise HTTPException(404, "this issue was not kept")
    named = (r for r in desk.archive.digests(asked["market"], MOST_ISSUES) if r["day"] == asked["day"])
    ids = [
        r["digest_id"]
        for r in named
        if (r["edition"], r["language"]) == (asked["edition"], asked["language"])
    ]
    numbers = [
        {"mark": mark, "query": n.query, "sql": n.sql, "parameters": n.parameters, "as_of": n.as_of,
         "value": json.loads(n.value), "sha256": n.sha256}
        for identity in ids for mark, n in desk.archive.numbers(identity)
    ]  # fmt: skip
    return answer(request, {"issue": json.loads(body), "numbers": numbers})

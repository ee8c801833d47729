"""The interface described: OpenAPI 3.1, made from the same doors that answer."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from domain.model import TLP, IncidentState, Lens
from web.api.answers import answer
from web.api.given import LARGEST_PAGE, LONGEST_TEXT, MOST_VALUES, PAGE
from web.asked import MANY
from web.problem import MEDIA_TYPE

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
TEXTS: Schema = {"type": "array", "items": TEXT}


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def shape(**fields: Schema) -> Schema:
    """An object of which every field is always there."""
    return {"type": "object", "required": list(fields), "properties": fields, "additionalProperties": False}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


ITEM = {
    "id": TEXT, "url": TEXT, "title": TEXT, "outlet": TEXT, "publisher": TEXT, "source_id": TEXT, "markets": TEXTS,
    "language": TEXT, "lens": {"type": "string", "enum": [lens.value for lens in Lens]}, "kind": TEXT, "platform": TEXT,
    "tier": WHOLE, "published_at": MOMENT, "updated_at": maybe(MOMENT), "fetched_at": MOMENT, "paywalled": maybe(FLAG),
    "rights": {"type": "string", "enum": ["allow", "snippet_only", "deny"]}, "topics": TEXTS, "severity": WHOLE,
}  # fmt: skip
STORY = {
    "id": TEXT, "title": TEXT, "language": TEXT, "opened_at": MOMENT, "changed_at": MOMENT, "state": TEXT,
    "merged_into": maybe(TEXT), "pinned": FLAG,
}  # fmt: skip
INCIDENT = {
    "id": TEXT, "title": TEXT, "market": TEXT, "severity": WHOLE,
    "state": {"type": "string", "enum": [state.value for state in IncidentState]},
    "tlp": {"type": "string", "enum": list(TLP)}, "opened_at": MOMENT, "owner": TEXT, "due_at": maybe(MOMENT),
    "acknowledged_at": maybe(MOMENT), "audience": TEXTS, "story_ids": TEXTS, "signal_ids": TEXTS, "item_ids": TEXTS,
    "version": WHOLE,
}  # fmt: skip
SCHEMAS: Mapping[str, Schema] = {
    "Item": shape(**ITEM, story_id=maybe(TEXT), copies=WHOLE),
    "ItemWithTags": shape(**ITEM, tags={"type": "array", "items": ref("Tag")}),
    "Tag": shape(
        layer=TEXT, label=TEXT, target=TEXT, score=NUMBER, start=maybe(WHOLE), end=maybe(WHOLE), suppressed=FLAG, annotator=TEXT
    ),
    "Story": shape(**STORY),
    "StoryWithItems": shape(**STORY, items={"type": "array", "items": ref("Member")}),
    "Member": shape(item_id=TEXT, since=MOMENT, why=TEXT, similarity=NUMBER, by=TEXT),
    "Signal": shape(
        id=TEXT, dimension=TEXT, label=TEXT, market=TEXT, day=DAY, level=TEXT, count=WHOLE, expected=NUMBER, upper=NUMBER,
        score=NUMBER, p_value=NUMBER, items=WHOLE, outlets=WHOLE, reasons=TEXTS, muted=TEXT, item_ids=TEXTS,
    ),
    "Incident": shape(**INCIDENT),
    "IncidentWithLog": shape(**INCIDENT, log={"type": "array", "items": ref("Event")}),
    "Event": shape(at=MOMENT, by=TEXT, action=TEXT, reason=TEXT, before=TEXT, after=TEXT),
    "Digest": shape(digest_id=TEXT, market=TEXT, day=DAY, edition=TEXT, language=TEXT, kept_at=TEXT, link=TEXT),
    "Issue": shape(issue={"type": "object"}, numbers={"type": "array", "items": ref("Figure")}),
    "Figure": shape(mark=TEXT, query=TEXT, sql=TEXT, parameters={"type": "object"}, as_of=MOMENT, value={}, sha256=TEXT),
    "Problem": shape(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT),
}  # fmt: skip


def asked(name: str, schema: Schema, said: str, *, several: bool = False) -> Schema:
    """A parameter of the query."""
    given = {"type": "array", "items": schema, "maxItems": MOST_VALUES} if several else schema
    more = {"style": "form", "explode": True} if several else {}
    return {"name": name, "in": "query", "required": False, "description": said, "schema": given, **more}


BOUNDED = {"type": "string", "maxLength": LONGEST_TEXT}
PAGED = (
    asked(
        "limit", {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}, "Rows a page."
    ),
    asked("cursor", TEXT, "From `next` of the page before."),
)
SINCE = asked("since", MOMENT, "From this moment on; a date counts from its first moment, UTC.")
UNTIL = asked("until", MOMENT, "Before this moment.")
MARKET = asked("market", BOUNDED, "Of this market.")
LANGUAGE = asked("lang", {"type": "string", "enum": ["de", "en"]}, "The language of neutral titles.")
FLAGS = {"type": "string", "enum": ["0", "1"]}
SEARCHED = (
    asked("q", BOUNDED, 'Words, "phrases", AND, OR, NOT.'),
    *(
        asked(name, {"type": "string", "enum": [lens.value for lens in Lens]}, "Any of these.")
        if name == "lens"
        else asked(name, BOUNDED, "Any of these.", several=True)
        for name in MANY
    ),
    asked("severity", {"type": "integer", "minimum": 0, "maximum": 5}, "At least this severe."),
    asked("relevant", FLAGS, "1: relevant ones alone."),
    asked("copies", FLAGS, "1: copies too."),
    SINCE,
    UNTIL,
    LANGUAGE,
    *PAGED,
)


def call(what: str, scope: str, answers: str, parameters: Sequence[Schema], *, paged: bool) -> Schema:
    """One GET. A page of rows, or one thing that may be missing."""
    body = shape(rows={"type": "array", "items": ref(answers)}, next=maybe(TEXT)) if paged else ref(answers)
    tag = {"ETag": {"description": "Send it back in If-None-Match.", "schema": TEXT}}
    faults = {"400": "A parameter is wrong."} if paged else {"404": "There is none."}
    faults |= {"401": "Nobody is signed in.", "403": "The role or scope does not suffice."}
    told = {
        code: {"description": said, "content": {MEDIA_TYPE: {"schema": ref("Problem")}}}
        for code, said in faults.items()
    }
    return {
        "get": {
            "summary": what,
            "tags": [scope.partition(":")[0]],
            "operationId": what.lower().replace(" ", "-"),
            "security": [{"token": []}],
            "description": f"Needs the scope `{scope}`.",
            "parameters": list(parameters),
            "responses": {
                "200": {
                    "description": what,
                    "headers": tag,
                    "content": {"application/json": {"schema": body}},
                },
                "304": {"description": "Nothing changed since that ETag."},
                **told,
            },
        }
    }


def named(*names: str) -> list[Schema]:
    """Parameters of the path."""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in names
    ]


PATHS: Mapping[str, Schema] = {
    "/api/v1/items": call("Items found", "items:read", "Item", SEARCHED, paged=True),
    "/api/v1/items/{item_id}": call(
        "One item", "items:read", "ItemWithTags", [*named("item_id"), LANGUAGE], paged=False
    ),
    "/api/v1/stories": call(
        "Stories changed", "stories:read", "Story", (SINCE, LANGUAGE, *PAGED), paged=True
    ),
    "/api/v1/stories/{story_id}": call(
        "One story", "stories:read", "StoryWithItems", [*named("story_id"), LANGUAGE], paged=False
    ),
    "/api/v1/signals": call(
        "Signals raised",
        "signals:read",
        "Signal",
        (asked("since", DAY, "First day."), asked("until", DAY, "Last day."), MARKET, *PAGED),
        paged=True,
    ),
    "/api/v1/incidents": call(
        "Incidents held",
        "incidents:read",
        "Incident",
        (
            asked("state", {"type": "string", "enum": [s.value for s in IncidentState]}, "In this state."),
            MARKET,
            *PAGED,
        ),
        paged=True,
    ),
    "/api/v1/incidents/{incident_id}": call(
        "One incident", "incidents:read", "IncidentWithLog", named("incident_id"), paged=False
    ),
    "/api/v1/digests": call("Issues kept", "digests:read", "Digest", (MARKET, *PAGED), paged=True),
    "/api/v1/digests/{market}/{day}/{edition}/{language}": call(
        "One issue", "digests:read", "Issue", named("market", "day", "edition", "language"), paged=False
    ),
}


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lagebild",
            "version": "1",
            "description": "Read-only. Titles stand as lists show them: neutral where a subject is shielded; texts are never sent.",
        },
        "paths": dict(PATHS),
        "components": {
            "schemas": dict(SCHEMAS),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def send(request: Request) -> Response:
    return answer(request, document())


def written() -> str:
    """The description as docs/openapi.json holds it."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written())

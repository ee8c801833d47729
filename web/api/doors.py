"""The calls of the interface, each with its role and scope."""

from web.api import digests, incidents, items, openapi, signals, stories
from web.doors import Door
from web.roles import ANALYST, ANYONE, READER

CALLS = [
    Door("/api/v1/openapi.json", openapi.send, ANYONE),
    Door("/api/v1/items", items.many, READER, scope="items:read"),
    Door("/api/v1/items/{item_id}", items.one, READER, scope="items:read", told="saw"),
    Door("/api/v1/stories", stories.many, READER, scope="stories:read"),
    Door("/api/v1/stories/{story_id}", stories.one, READER, scope="stories:read", told="saw"),
    Door("/api/v1/signals", signals.many, READER, scope="signals:read"),
    Door("/api/v1/incidents", incidents.many, ANALYST, scope="incidents:read"),
    Door("/api/v1/incidents/{incident_id}", incidents.one, ANALYST, scope="incidents:read", told="saw"),
    Door("/api/v1/digests", digests.many, READER, scope="digests:read"),
    Door(
        "/api/v1/digests/{market}/{day}/{edition}/{language}",
        digests.one,
        READER,
        scope="digests:read",
        told="saw",
    ),
]

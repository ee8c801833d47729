"""Schemathesis asks everything that the description allows and much that it forbids: no answer is a fault of ours.

`LAGEBILD_FUZZ=1000` asks more often.
"""

import os
from datetime import date, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from domain.model import Incident, IncidentState, TriageEvent
from storage.memory import MemoryArchive
from tests.fixtures.room import NOW, desk_over, fill, items
from web.app import create_app
from web.desk import Desk

EXAMPLES = int(os.environ.get("LAGEBILD_FUZZ", "25"))
"""For each call."""


def filled() -> Desk:
    archive = MemoryArchive()
    fill(archive, items(60))
    opened = Incident(
        id="x1",
        title="Fall",
        market="DE",
        severity=4,
        state=IncidentState.NEW,
        opened_at=NOW - timedelta(days=1),
    )
    archive.open_incident(opened, TriageEvent(incident_id="x1", at=NOW, by="anna", action="opened"))
    archive.keep_digest("d1", "DE", date(2026, 11, 28), "daily", "de", '{"sections": []}', [])
    return desk_over(archive)


schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(filled()))


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@pytest.mark.timeout(600)
def test_no_question_is_answered_by_a_fault(case: schemathesis.Case) -> None:
    case.call_and_validate(
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
            positive_data_acceptance,
        ]
    )

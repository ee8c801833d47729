"""What a call asks for, read strictly: a program that errs is told at once."""

from collections.abc import Collection
from datetime import UTC, date, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request

LONGEST_TEXT = 500
MOST_VALUES = 50
"""So many values of one parameter; more would make a statement that no database likes."""
PAGE, LARGEST_PAGE = 50, 200


def bad(name: str, wanted: str) -> HTTPException:
    return HTTPException(400, f"{name}: {wanted}")


def text(request: Request, name: str) -> str:
    value = request.query_params.get(name, "")
    if len(value) > LONGEST_TEXT or "\0" in value:
        raise bad(name, f"at most {LONGEST_TEXT} characters, none of them NUL")
    return value


def many(request: Request, name: str) -> tuple[str, ...]:
    values = tuple(value for value in request.query_params.getlist(name) if value)
    if len(values) > MOST_VALUES or any(len(value) > LONGEST_TEXT or "\0" in value for value in values):
        raise bad(name, f"at most {MOST_VALUES} values of at most {LONGEST_TEXT} characters")
    return values


def one_of(request: Request, name: str, known: Collection[str]) -> str:
    value = request.query_params.get(name, "")
    if value and value not in known:
        raise bad(name, f"one of {', '.join(sorted(known))}")
    return value


def whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    value = request.query_params.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit()) or len(value) > 9 or not low <= int(value) <= high:
        raise bad(name, f"a whole number from {low} to {high}")
    return int(value)


def limit(request: Request) -> int:
    return whole(request, "limit", PAGE, 1, LARGEST_PAGE)


def moment(request: Request, name: str) -> datetime | None:
    """An RFC 3339 moment or a date, in UTC where it names no zone; None when not given."""
    value = request.query_params.get(name)
    if not value:
        return None
    try:
        said = datetime.fromisoformat(value)
        return (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad(name, "a moment such as 2026-11-28T06:30:00Z, or a date") from error


def day(request: Request, name: str, default: date) -> date:
    value = request.query_params.get(name)
    if not value:
        return default
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise bad(name, "a date such as 2026-11-28") from error

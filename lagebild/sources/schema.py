"""What an entry of sources.yaml may say. Editors complete from the JSON Schema made of this."""

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, TypeAdapter, field_validator
from pydantic_core import PydanticCustomError

from domain.model import Lens, Limits, Source, Terms, TermsStatus
from lagebild.secrets import is_reference

Market = Literal["DE", "AT", "CH", "LI", "LU", "EU", "UK", "US", "FR", "IT", "NL", "BE", "ES", "PL"]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Category = Literal[
    "news",
    "national",
    "regional",
    "trade",
    "tech",
    "regulator",
    "government",
    "youth_protection",
    "consumer",
    "policy",
    "social",
    "reviews",
    "industry",
]
DURATION = re.compile(r"^(\d+)\s*(m|h|d)$")
UNIT_MINUTES = {"m": 1, "h": 60, "d": 1440}


def duration(text: str) -> timedelta:
    """`15m`, `3h` or `1d` as a time. Raises ValueError."""
    match = DURATION.match(text)
    if not match:
        raise ValueError("write a whole number and m, h or d, such as 30m or 3h")
    return timedelta(minutes=int(match[1]) * UNIT_MINUTES[match[2]])


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class TermsEntry(Strict):
    """Who checked the publisher's terms, when, and what they allow."""

    status: TermsStatus = TermsStatus.UNREVIEWED
    checked_on: date | None = None
    url: str = ""
    by: str = ""


class LimitsEntry(Strict):
    """Pages and megabytes for one run, budgets by day and month; leave a field out for the default."""

    pages: int | None = Field(default=40, ge=0)
    megabytes: int | None = Field(default=50, ge=1)
    requests_per_minute: int | None = Field(default=None, ge=1)
    daily_budget: int | None = Field(default=None, ge=0)
    monthly_budget: int | None = Field(default=None, ge=0)


class SourceEntry(Strict):
    """One source. `options` belongs to the kind; docs/plugs/connectors.md lists them."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    name: Annotated[str, StringConstraints(min_length=1)]
    kind: str
    url: str
    language: Language
    market: Market | list[Market]
    lens: Lens
    category: Category = "news"
    tier: Annotated[int, Field(ge=1, le=4)] = 3
    publisher: str = ""
    interval: str = "30m"
    pages: bool = True
    enabled: bool = True
    licence: str = ""
    grade: Literal["A", "B", "C", "D", "E", "F"] = "F"
    note: str = ""
    auth: str = ""
    terms: TermsEntry = TermsEntry()
    limits: LimitsEntry = LimitsEntry()
    options: dict[str, Any] = {}

    @field_validator("url")
    @classmethod
    def is_http(cls, value: str) -> str:
        """Only http and https are fetched."""
        TypeAdapter(HttpUrl).validate_python(value)
        return value

    @field_validator("auth")
    @classmethod
    def is_reference(cls, value: str) -> str:
        """A secret never stands in this file."""
        if value and not is_reference(value):
            raise PydanticCustomError(
                "secret", "names no secret: write env:NAME, file:PATH or keyring:SERVICE/USER"
            )
        return value

    @field_validator("interval")
    @classmethod
    def is_duration(cls, value: str) -> str:
        duration(value)
        return value

    def source(self) -> Source:
        """The value that the belts use."""
        markets = self.market if isinstance(self.market, list) else [self.market]
        return Source(
            id=self.id,
            name=self.name,
            kind=self.kind,
            url=self.url,
            language=self.language,
            markets=tuple(markets),
            lens=self.lens,
            category=self.category,
            tier=self.tier,
            publisher=self.publisher or self.name,
            interval=duration(self.interval),
            fetch_pages=self.pages,
            enabled=self.enabled,
            licence=self.licence,
            grade=self.grade,
            auth=self.auth,
            terms=Terms(**self.terms.model_dump()),
            limits=Limits(**self.limits.model_dump()),
            options=self.options,
        )


class SourcesFile(Strict):
    """The whole file."""

    version: Literal[1] = 1
    sources: list[SourceEntry]


def json_schema(kinds: tuple[str, ...]) -> dict[str, Any]:
    """JSON Schema of the file, with the kinds that are installed."""
    schema = SourcesFile.model_json_schema()
    schema["$defs"]["SourceEntry"]["properties"]["kind"]["enum"] = list(kinds)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "sources.yaml", **schema}

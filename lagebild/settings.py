"""lagebild.toml, read once at the roof; rooms get what they need as arguments."""

import tomllib
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from domain.errors import ConfigError

Markets = Literal["DE", "AT", "CH", "DACH", "UK", "US", "EU", "FR", "IT"]
QUIET_HOURS = (time(2, 0), time(3, 0))


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Collect(Section):
    """How we fetch. `contact` is an address a publisher can write to; it is part of the User-Agent."""

    user_agent: str = "Lagebild/0.1"
    contact: str = ""
    timeout_seconds: float = Field(default=30, gt=0)
    max_body_megabytes: float = Field(default=10, gt=0)
    per_host_delay_seconds: float = Field(default=1, ge=0)
    concurrency: int = Field(default=16, ge=1, le=256)
    fetch_pages: bool = True
    allow_hosts: tuple[str, ...] = ()
    copies_window_days: int = Field(default=7, ge=1)


def zone_named(value: str) -> str:
    """The name, if it is a zone's. Raises ValueError."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{value!r} is no time zone; write one such as Europe/Berlin") from error
    return value


def daytime(value: time) -> time:
    """Clocks change between 02:00 and 03:00: a job there would run twice or never. Raises ValueError."""
    if QUIET_HOURS[0] <= value < QUIET_HOURS[1]:
        raise ValueError("no digest between 02:00 and 03:00 local time, since clocks change there")
    return value


class Edition(Section):
    """When and in which languages a market's briefing appears, in the market's zone.

    `most_updates` a day, none after `updates_until`; the weekly report closes on Friday at `weekly_at`.
    """

    market: Markets
    zone: str
    languages: tuple[Literal["de", "en"], ...] = ("de", "en")
    cut_off: time = time(6, 30)
    send_at: time = time(7, 30)

    most_updates: int = Field(default=3, ge=0)
    updates_until: time = time(20, 0)
    weekly_at: time = time(14, 0)

    @field_validator("zone")
    @classmethod
    def is_zone(cls, value: str) -> str:
        return zone_named(value)

    @field_validator("cut_off", "send_at", "weekly_at")
    @classmethod
    def is_not_at_night(cls, value: time) -> time:
        return daytime(value)


EDITIONS = (
    Edition(market="DE", zone="Europe/Berlin"),
    Edition(market="AT", zone="Europe/Vienna"),
    Edition(market="CH", zone="Europe/Zurich"),
    Edition(market="DACH", zone="Europe/Berlin"),
)


class Publish(Section):
    """What is written, and where to."""

    folder: Path = Path("briefings")
    formats: tuple[str, ...] = ("html", "markdown", "json")
    editions: tuple[Edition, ...] = EDITIONS


class Recipient(Section):
    """Who gets which editions, by which channel. `to` may be an address, a URL or `env:NAME`.

    With `send_at` the daily and the weekly issue wait for that time of `zone` ("": the market's); updates never wait.
    """

    channel: str
    to: str
    markets: tuple[Markets, ...] = ("DE",)
    language: Literal["de", "en"] = "de"
    variant: Literal["full", "leadership"] = "full"
    editions: tuple[Literal["daily", "update", "weekly"], ...] = ("daily",)
    zone: str = ""
    send_at: time | None = None

    @field_validator("zone")
    @classmethod
    def is_zone(cls, value: str) -> str:
        return zone_named(value) if value else value

    @field_validator("send_at")
    @classmethod
    def is_not_at_night(cls, value: time | None) -> time | None:
        return value if value is None else daytime(value)


class Watcher(Section):
    """Who hears of alarms, by which channel. `to` as for a recipient; urgent ones only with `urgent_only`."""

    channel: str
    to: str
    urgent_only: bool = False


class Delivery(Section):
    """SMTP and recipients. Secrets are named (`env:NAME`), never written here.

    `audiences` gives, for an audience of incidents (Legal, Comms …), the addresses that hear of them.
    """

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password: str = ""
    sender: str = "lagebild@localhost"
    webhook_secret: str = ""
    recipients: tuple[Recipient, ...] = ()
    alerts: tuple[Watcher, ...] = ()
    audiences: dict[str, tuple[str, ...]] = {}


class Proxy(Section):
    """A proxy that signs people in and says who they are. Only connections from `addresses` are believed."""

    header: str = "X-Forwarded-User"
    addresses: tuple[str, ...] = ()
    new_role: Literal["", "reader", "analyst"] = ""

    @field_validator("addresses")
    @classmethod
    def are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if ip_network(address).prefixlen == 0:
                raise ValueError("name the proxy's own addresses: this would believe everybody")
        return value


class Oidc(Section):
    """A provider that signs people in (OpenID Connect). `client_secret` is named (`env:NAME`), never written here."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    claim: Literal["preferred_username", "email", "sub"] = "preferred_username"
    new_role: Literal["", "reader", "analyst"] = ""


class Web(Section):
    """Where the reading room listens, by which names it answers, and how people come in."""

    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=1, le=65535)
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    idle_minutes: int = Field(default=120, ge=5)
    longest_hours: int = Field(default=12, ge=1)
    proxy: Proxy = Proxy()
    oidc: Oidc = Oidc()


class Alerts(Section):
    """When the service calls for help. `quiet_hours` is by class of sources (`media/news`) or by lens."""

    quiet_hours: dict[str, float] = {"media": 12, "user": 24, "regulator": 120}
    digest_late_minutes: float = Field(default=30, gt=0)
    stalled_minutes: float = Field(default=120, gt=0)
    disk_low_megabytes: float = Field(default=1024, ge=0)
    backlog_items: int = Field(default=1000, ge=1)
    backlog_hours: float = Field(default=3, gt=0)
    clock_off_seconds: float = Field(default=120, gt=0)
    backup_hours: float = Field(default=50, gt=0)
    ping_url: str = ""


class Limits(Section):
    """What the service may use. Memory is the service's own; reading goes on in processes that are started anew."""

    memory_megabytes: float = Field(default=2500, gt=0)
    reader_megabytes: float = Field(default=1500, gt=0)
    reader_items: int = Field(default=2000, ge=1)
    batch_seconds: float = Field(default=300, gt=0)
    backlog_pauses_collecting: int = Field(default=5000, ge=1)


class Fleet(Section):
    """The archive in PostgreSQL and the belts as jobs of its queue; on as soon as `database` is said."""

    database: str = ""
    shards_at_once: int = Field(default=4, ge=1, le=64)
    items_at_once: int = Field(default=25, ge=1, le=500)
    heartbeat_seconds: float = Field(default=10, gt=0)


class Kept(Section):
    """How many days a class of sources is kept: its texts, and what is left of an item after that (address, ids, author)."""

    texts: int = Field(ge=1)
    metadata: int = Field(ge=1)

    @model_validator(mode="after")
    def texts_go_first(self) -> "Kept":
        if self.texts > self.metadata:
            raise ValueError("texts cannot be kept longer than the metadata they belong to")
        return self


RETENTION = {
    "press": Kept(texts=90, metadata=365),
    "social": Kept(texts=30, metadata=90),
    "youtube": Kept(texts=30, metadata=30),
    "reddit": Kept(texts=2, metadata=30),
    "telegram": Kept(texts=14, metadata=30),
    "appstore_reviews": Kept(texts=90, metadata=180),
    "trustpilot": Kept(texts=90, metadata=180),
}


PUBLIC_PEOPLE = (
    "Ursula von der Leyen", "Henna Virkkunen", "Thierry Breton", "Elon Musk", "Mark Zuckerberg", "Adam Mosseri",
    "Shou Zi Chew", "Shou Chew", "Sundar Pichai", "Neal Mohan", "Evan Spiegel", "Pavel Durov", "Tim Cook",
)  # fmt: skip
"""Who decides on platforms and their supervision, and may be looked up by name."""


class Privacy(Section):
    """How long what is kept, and who may be named. `retention` names a platform, `social` (platforms not named) or
    `press`; counts stay. `public_people` are the only persons that become entities, `public_accounts` (`bsi@social.bund.de`)
    the accounts that are named."""

    public_people: tuple[str, ...] = PUBLIC_PEOPLE
    public_accounts: tuple[str, ...] = ()
    retention: dict[str, Kept] = {}
    backups: int = Field(default=7, ge=1)

    @property
    def classes(self) -> dict[str, Kept]:
        """All classes, the file's words on top of the defaults."""
        return RETENTION | self.retention

    @property
    def texts(self) -> dict[str, int]:
        """Days of texts by class."""
        return {name: kept.texts for name, kept in self.classes.items()}

    @property
    def metadata(self) -> dict[str, int]:
        """Days of metadata by class."""
        return {name: kept.metadata for name, kept in self.classes.items()}


class Settings(Section):
    """The whole file. Relative paths count from the file's folder."""

    archive: Path = Path("lagebild.db")
    sources: Path = Path("sources.yaml")
    collect: Collect = Collect()
    publish: Publish = Publish()
    delivery: Delivery = Delivery()
    web: Web = Web()
    alerts: Alerts = Alerts()
    limits: Limits = Limits()
    fleet: Fleet = Fleet()
    privacy: Privacy = Privacy()


def load_settings(path: Path | None, **overrides: Any) -> Settings:
    """Settings from a file (None: ./lagebild.toml when there is one), with the command line's words on top.

    Raises ConfigError naming the field.
    """
    chosen = path or Path("lagebild.toml")
    said = _toml(chosen) if path or chosen.exists() else {}
    said |= {key: value for key, value in overrides.items() if value is not None}
    try:
        settings = Settings.model_validate(said)
    except ValidationError as error:
        raise _told(error, chosen) from error
    return _anchored(settings, chosen.parent, overrides)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path} does not exist", remedy="run `lagebild init`, or leave --config out"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}", remedy="write plain TOML in UTF-8", path=str(path)) from error


def _told(error: ValidationError, path: Path) -> ConfigError:
    detail = error.errors()[0]
    field = ".".join(map(str, detail["loc"]))
    return ConfigError(
        f"{path}: {field}: {detail['msg']}", remedy="see docs/settings.md for this field", path=str(path)
    )


def _anchored(settings: Settings, folder: Path, overrides: dict[str, Any]) -> Settings:
    def anchored(path: Path, name: str) -> Path:
        return path if overrides.get(name) is not None else folder / path

    publish = settings.publish.model_copy(update={"folder": folder / settings.publish.folder})
    return settings.model_copy(
        update={
            "archive": anchored(settings.archive, "archive"),
            "sources": anchored(settings.sources, "sources"),
            "publish": publish,
        }
    )

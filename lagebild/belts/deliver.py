"""The last yard of the publish belt: kept issues into the outbox, the outbox to people."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.brief import is_update, leadership_of
from digest.outbox import Sender, Sent, deliver, delivery_key, resume
from digest.wording import zone_of
from domain.briefing import Digest
from domain.model import Delivery as Parcel
from domain.ports import Clock, DeskArchive
from domain.registry import plug
from lagebild.settings import Delivery, Recipient

logger = logging.getLogger(__name__)
CHANNELS = "digest.delivery"
FORMATS = "digest.formats"


class Formed(NamedTuple):
    """An issue as a channel carries it."""

    subject: str
    media_type: str
    body: bytes


def parcels(digest: Digest, recipients: Sequence[Recipient], now: datetime) -> list[Parcel]:
    """What goes to whom of one issue: those who asked for its market, language and edition. Each form is set once."""
    formed = cache(partial(_formed, digest))
    return [
        _parcel(digest, recipient, formed(recipient.channel, recipient.variant), now)
        for recipient in asking_for(digest, recipients)
    ]


def asking_for(digest: Digest, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Those who want this issue, in their order."""
    return [
        recipient
        for recipient in recipients
        if digest.market in recipient.markets
        and recipient.language == digest.language
        and digest.edition.partition("-")[0] in recipient.editions
    ]


def left_out(archive: DeskArchive, digest: Digest, recipients: Sequence[Recipient]) -> list[Recipient]:
    """Those who want this issue and for whom the outbox holds none."""
    keys = {key_of(digest, recipient): recipient for recipient in asking_for(digest, recipients)}
    held = archive.enqueued(list(keys))
    return [recipient for key, recipient in keys.items() if key not in held]


def key_of(digest: Digest, recipient: Recipient) -> str:
    return delivery_key(digest.market, digest.day, digest.edition, recipient.channel, recipient.to)


def _parcel(digest: Digest, recipient: Recipient, formed: Formed, now: datetime) -> Parcel:
    return Parcel(
        key=key_of(digest, recipient),
        digest_id=digest.id,
        channel=recipient.channel,
        recipient=recipient.to,
        subject=formed.subject,
        media_type=formed.media_type,
        body=formed.body,
        created_at=now,
        next_try_at=max(now, wished_at(digest, recipient) or now),
    )


def _formed(digest: Digest, channel: str, variant: str) -> Formed:
    """Subject and body of a variant as this channel carries them."""
    shown = leadership_of(digest) if variant == "leadership" and digest.kind == "daily" else digest
    form = plug(FORMATS, plug(CHANNELS, channel).FORMAT)
    return Formed(shown.subject, form.MEDIA_TYPE, form.render(shown))


def wished_at(digest: Digest, recipient: Recipient) -> datetime | None:
    """The recipient's own time on the issue's day; None for those who take it as it comes, and for an update."""
    if recipient.send_at is None or is_update(digest.edition):
        return None
    zone = recipient.zone or zone_of(digest.market)
    return datetime.combine(digest.day, recipient.send_at, ZoneInfo(zone)).astimezone(UTC)


def send(
    archive: DeskArchive,
    digests: Sequence[Digest],
    settings: Delivery,
    environment: Mapping[str, str],
    clock: Clock,
) -> Sent:
    """Queues what is new of these issues and sends all that is due. Hold the archive's lock while calling it."""
    new = [(digest, left_out(archive, digest, settings.recipients)) for digest in digests]
    queued = archive.enqueue(
        [one for digest, recipients in new for one in parcels(digest, recipients, clock())]
    )
    resume(archive, clock())
    done = deliver(archive, channels_of(settings, environment), clock, limit=10_000)
    logger.info(
        "delivered queued=%d sent=%d postponed=%d failed=%d", queued, done.sent, done.postponed, done.failed
    )
    return done


def channels_of(settings: Delivery, environment: Mapping[str, str]) -> dict[str, Sender]:
    """The channels that recipients name, each made once."""
    options = {
        "host": settings.smtp_host,
        "port": str(settings.smtp_port),
        "user": settings.smtp_user,
        "password": settings.smtp_password,
        "sender": settings.sender,
        "secret": settings.webhook_secret,
    }
    used = [r.channel for r in settings.recipients] + [watcher.channel for watcher in settings.alerts]
    subscribers = ["smtp"] if settings.smtp_host else []  # kept searches go out by mail
    named = dict.fromkeys([*used, *subscribers])
    return {name: plug(CHANNELS, name).build(options, environment) for name in named}

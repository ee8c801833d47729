"""The last yard of the publish belt: kept issues into the outbox, the outbox to people."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
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


def parcels(digest: Digest, recipients: Sequence[Recipient], now: datetime) -> list[Parcel]:
    """What goes to whom of one issue: those who asked for its market, language and edition."""
    wanted = [
        recipient
        for recipient in recipients
        if digest.market in recipient.markets
        and recipient.language == digest.language
        and digest.edition.partition("-")[0] in recipient.editions
    ]
    return [_parcel(digest, recipient, now) for recipient in wanted]


def _parcel(digest: Digest, recipient: Recipient, now: datetime) -> Parcel:
    shown = leadership_of(digest) if recipient.variant == "leadership" and digest.kind == "daily" else digest
    form = plug(FORMATS, plug(CHANNELS, recipient.channel).FORMAT)
    return Parcel(
        key=delivery_key(digest.market, digest.day, digest.edition, recipient.channel, recipient.to),
        digest_id=digest.id,
        channel=recipient.channel,
        recipient=recipient.to,
        subject=shown.subject,
        media_type=form.MEDIA_TYPE,
        body=form.render(shown),
        created_at=now,
        next_try_at=max(now, wished_at(digest, recipient) or now),
    )


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
    queued = archive.enqueue(
        [one for digest in digests for one in parcels(digest, settings.recipients, clock())]
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

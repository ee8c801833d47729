"""Each issue to each recipient exactly once, over crashes and refusals.

A delivery is claimed on the disk before a channel sees it. A channel that cannot be asked afterwards whether it took a
message says when the last byte is about to leave; from then on the delivery is `handed`, and a crash does not send it
again. A crash before that leaves it `sending`: nobody got it, so it is sent again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Protocol

from domain.errors import DeliveryError
from domain.model import Delivery

BACKOFF_MINUTES = (1, 5, 15, 60, 120, 240)
"""Waits after the first, second … refusal; the last one repeats."""

LONGEST_LEASE = timedelta(days=1)

GIVE_UP_AFTER = timedelta(hours=24)
"""A briefing of yesterday helps nobody."""


class Outbox(Protocol):
    """The archive's part in a delivery; see `domain.ports.DeskArchive`."""

    def enqueue(self, deliveries: Sequence[Delivery]) -> int: ...

    def claim(self, now: datetime, limit: int = 20) -> Sequence[Delivery]: ...

    def hand_over(self, key: str, now: datetime) -> None: ...

    def settle(self, key: str, now: datetime) -> None: ...

    def postpone(self, key: str, error: str, until: datetime) -> None: ...

    def give_up(self, key: str, error: str) -> None: ...

    def interrupted(self, now: datetime) -> Sequence[Delivery]: ...


class Sender(Protocol):
    """A channel as the outbox drives it."""

    def send(
        self,
        subject: str,
        body: bytes,
        media_type: str,
        recipient: str,
        key: str,
        last_byte: Callable[[], None] | None = None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round did."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0


def delivery_key(market: str, day: date, edition: str, channel: str, recipient: str) -> str:
    """The same for the same issue and recipient, whoever computes it, however often."""
    told = "\n".join((market, day.isoformat(), edition, channel, recipient))
    return f"{market.lower()}-{day.isoformat()}-{edition}-{sha256(told.encode()).hexdigest()[:16]}"


def resume(outbox: Outbox, now: datetime) -> int:
    """Puts back what a crash interrupted before its last byte left.

    Call it holding the archive's lock: then nobody else is sending, whatever lease a delivery still has.
    """
    begun = outbox.interrupted(now + LONGEST_LEASE)
    for delivery in begun:
        outbox.postpone(delivery.key, "interrupted before it was handed over", now)
    return len(begun)


def deliver(
    outbox: Outbox, channels: Mapping[str, Sender], clock: Callable[[], datetime], limit: int = 20
) -> Sent:
    """One round: claims what is due, one at a time, and sends it. A refusal concerns its own delivery alone."""
    done = {"sent": 0, "postponed": 0, "failed": 0}
    for _ in range(limit):
        claimed = outbox.claim(clock(), 1)
        if not claimed:
            break
        done[_deliver_one(outbox, channels, claimed[0], clock)] += 1
    return Sent(**done)


def _deliver_one(
    outbox: Outbox, channels: Mapping[str, Sender], delivery: Delivery, clock: Callable[[], datetime]
) -> str:
    try:
        _send(outbox, channels, delivery, clock)
    except DeliveryError as error:
        return _refused(outbox, delivery, error, clock())
    outbox.settle(delivery.key, clock())
    return "sent"


def _send(
    outbox: Outbox, channels: Mapping[str, Sender], delivery: Delivery, clock: Callable[[], datetime]
) -> None:
    channel = channels.get(delivery.channel)
    if channel is None:
        raise DeliveryError(
            f"no channel {delivery.channel!r} is set up", remedy="name it in lagebild.toml, section delivery"
        )
    channel.send(
        delivery.subject,
        delivery.body,
        delivery.media_type,
        delivery.recipient,
        delivery.key,
        lambda: outbox.hand_over(delivery.key, clock()),
    )


def _refused(outbox: Outbox, delivery: Delivery, error: DeliveryError, now: datetime) -> str:
    until = next_try(delivery, error, now)
    if until is None:
        outbox.give_up(delivery.key, error.message)
        return "failed"
    outbox.postpone(delivery.key, error.message, until)
    return "postponed"


def next_try(delivery: Delivery, error: DeliveryError, now: datetime) -> datetime | None:
    """When to try again; None when it is refused for good or a day old."""
    if error.permanent or now - delivery.created_at >= GIVE_UP_AFTER:
        return None
    step = BACKOFF_MINUTES[min(max(delivery.attempts, 1), len(BACKOFF_MINUTES)) - 1]
    return now + max(timedelta(minutes=step), error.retry_after or timedelta())

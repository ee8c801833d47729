"""Any of the services that Apprise knows (Telegram, Signal, Matrix, ntfy …). The recipient is its address by reference.

Apprise is not among our own dependencies: `pip install lagebild[push]`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from digest.secrets import resolve
from domain.errors import ConfigError, DeliveryError

FORMAT = "notice"


@dataclass(frozen=True, slots=True)
class Push:
    """These services know no idempotency key, so the last byte is told before Apprise is called."""

    library: Any
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = "apprise"

    def send(
        self,
        subject: str,
        body: bytes,
        media_type: str,
        recipient: str,
        key: str,
        last_byte: Callable[[], None] | None = None,
    ) -> None:
        """Hands the notice over. Raises DeliveryError; the address is a secret, so only its service is named."""
        address = resolve(recipient, self.environment)
        service = address.partition("://")[0] or "the address"
        post = self.library.Apprise()
        if not post.add(address):
            raise DeliveryError(
                f"Apprise does not know {service}://",
                remedy="see Apprise's list of addresses",
                permanent=True,
            )
        if last_byte is not None:
            last_byte()
        if not post.notify(body=body.decode("utf-8"), title=subject, body_format="text"):
            raise DeliveryError(
                f"{service}: the notice was not taken", remedy="see the log; is the address still valid?"
            )


def build(options: Mapping[str, str], environment: Mapping[str, str]) -> Push:
    """Raises ConfigError where Apprise is not installed."""
    try:
        return Push(import_module("apprise"), environment)
    except ImportError as error:
        raise ConfigError(
            "the channel apprise needs the library of that name", remedy="pip install lagebild[push]"
        ) from error

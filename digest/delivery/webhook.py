"""A webhook of your own: the issue as JSON, signed, with an idempotency key."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from digest.delivery._http import post
from digest.secrets import resolve

FORMAT = "json"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secret` is resolved; empty: unsigned. A receiver that honours the key may be sent to twice without harm."""

    secret: str = field(default="", repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = "webhook"

    def send(
        self,
        subject: str,
        body: bytes,
        media_type: str,
        recipient: str,
        key: str,
        last_byte: Callable[[], None] | None = None,
    ) -> None:
        """Posts the body; the receiver drops a key it has seen, so a crash may send it again."""
        headers = {"Content-Type": media_type, "Idempotency-Key": key}
        if self.secret:
            headers["X-Lagebild-Signature"] = signature(self.secret, key, body)
        post(resolve(recipient, self.environment), body, headers)


def signature(secret: str, key: str, body: bytes) -> str:
    """`sha256=` and the hex HMAC of key, a full stop, and the body: a body cannot be replayed under another key."""
    return "sha256=" + hmac.new(secret.encode(), key.encode() + b"." + body, sha256).hexdigest()


def build(options: Mapping[str, str], environment: Mapping[str, str]) -> Webhook:
    return Webhook(resolve(options.get("secret", ""), environment), environment)

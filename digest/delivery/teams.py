"""A Microsoft Teams workflow webhook that takes Adaptive Cards. The recipient is its address by reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from digest.delivery._http import post
from digest.secrets import resolve

FORMAT = "teams"


@dataclass(frozen=True, slots=True)
class Teams:
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = "teams"

    def send(
        self,
        subject: str,
        body: bytes,
        media_type: str,
        recipient: str,
        key: str,
        last_byte: Callable[[], None] | None = None,
    ) -> None:
        """Posts the card. Teams knows no idempotency key, so the last byte is told."""
        post(resolve(recipient, self.environment), body, {"Content-Type": "application/json"}, last_byte)


def build(options: Mapping[str, str], environment: Mapping[str, str]) -> Teams:
    return Teams(environment)

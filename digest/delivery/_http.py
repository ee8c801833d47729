"""One POST, with a word before the last byte leaves. Redirects are not followed: a webhook has one address."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from digest.secrets import resolve
from domain.errors import DeliveryError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
TIMEOUT_SECONDS = 20.0
ANSWER_OCTETS = 2_000
TRY_AGAIN = (408, 425, 429)


def post(
    url: str, body: bytes, headers: Mapping[str, str], last_byte: Callable[[], None] | None = None
) -> None:
    """Sends the body. Raises DeliveryError: permanent for 4xx, with `retry_after` where the host names one.

    The address may be a secret, so messages name the host alone.
    """
    target = urlsplit(url)
    host = target.hostname or ""
    connection = _connection(target.scheme, host, target.port)
    try:
        status, answer, retry = _exchange(
            connection, target.path + (f"?{target.query}" if target.query else ""), body, headers, last_byte
        )
    except (OSError, HTTPException) as error:
        raise DeliveryError(
            f"{host}: {type(error).__name__}: {error}", remedy="is the host reachable?"
        ) from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise _refused(host, status, answer, retry)


def _connection(scheme: str, host: str, port: int | None) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    if scheme == "http" and host in LOOPBACK:
        return HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    raise DeliveryError(
        f"{host or 'the address'} is not https", remedy="give an https:// address", permanent=True
    )


def _exchange(
    connection: HTTPConnection,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    last_byte: Callable[[], None] | None,
) -> tuple[int, bytes, str]:
    connection.putrequest("POST", path or "/")
    for name, value in {**headers, "Content-Length": str(len(body)), "User-Agent": "Lagebild"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    if last_byte is not None:
        last_byte()
    connection.send(body)
    answer = connection.getresponse()
    return answer.status, answer.read(ANSWER_OCTETS), answer.headers.get("Retry-After", "")


def _refused(host: str, status: int, answer: bytes, retry: str) -> DeliveryError:
    wait = timedelta(seconds=int(retry)) if retry.isdigit() else None
    said = answer.decode("utf-8", "replace")[:200].replace("\n", " ")
    return DeliveryError(
        f"{host} answered {status}: {said}",
        remedy="check the webhook's address and its limits",
        retry_after=wait,
        permanent=400 <= status < 500 and status not in TRY_AGAIN,
    )


@dataclass(frozen=True, slots=True)
class ChatWebhook:
    """An incoming webhook of a chat; these know no idempotency key, so the last byte is told."""

    kind: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def send(
        self,
        subject: str,
        body: bytes,
        media_type: str,
        recipient: str,
        key: str,
        last_byte: Callable[[], None] | None = None,
    ) -> None:
        """Posts the payload to the address that `recipient` names."""
        post(resolve(recipient, self.environment), body, {"Content-Type": "application/json"}, last_byte)

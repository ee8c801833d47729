"""Mail by SMTP: STARTTLS, authentication by reference, one message per recipient."""

import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Literal

from digest.secrets import resolve
from domain.errors import DeliveryError

FORMAT = "email"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
TIMEOUT_SECONDS = 30.0
LINE_START_DOT = re.compile(rb"(?m)^\.")
LINE_END = re.compile(rb"\r\n|\r|\n")

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """`password` is already resolved. `security` none is taken for loopback hosts alone."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = "starttls"
    timeout_seconds: float = TIMEOUT_SECONDS
    context: ssl.SSLContext | None = None
    kind: str = "smtp"

    def send(
        self,
        subject: str,
        body: bytes,
        media_type: str,
        recipient: str,
        key: str,
        last_byte: Callable[[], None] | None = None,
    ) -> None:
        """Hands the message to the server. Raises DeliveryError; permanent where the server says 5xx."""
        message = addressed(subject, body, media_type, self.sender, recipient)
        try:
            with self._connected() as client:
                client.last_byte = last_byte
                client.send_message(message, self.sender, [recipient])
        except (OSError, smtplib.SMTPException) as error:
            raise refused(error, self.host) from error

    def _connected(self) -> "Client":
        client = Client(timeout=self.timeout_seconds)
        client.context = self.context or ssl.create_default_context()
        client.wrapped = self.security == "tls"
        client.connect(self.host, self.port)
        if self.security == "starttls":
            client.starttls(context=client.context)
        if self.user:
            client.login(self.user, self.password)
        return client


class Client(smtplib.SMTP):
    """smtplib's client that says when the last byte of a message is about to leave."""

    context: ssl.SSLContext
    wrapped = False
    last_byte: Callable[[], None] | None = None
    """Called once per message, before the final dot."""

    def _get_socket(self, host: str, port: int, timeout: float) -> object:
        plain = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._host = host
        return self.context.wrap_socket(plain, server_hostname=host) if self.wrapped else plain

    def data(self, msg: object) -> tuple[int, bytes]:
        """As smtplib's, but the final dot goes out on its own, after `last_byte`."""
        raw = msg.encode("ascii") if isinstance(msg, str) else bytes(msg)  # type: ignore[call-overload]
        self.putcmd("data")
        code, reply = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, reply)
        text = LINE_START_DOT.sub(b"..", LINE_END.sub(b"\r\n", raw))
        self.send(text if text.endswith(b"\r\n") else text + b"\r\n")
        if self.last_byte is not None:
            self.last_byte()
        self.send(b".\r\n")
        return self.getreply()


def build(options: Mapping[str, str], environment: Mapping[str, str]) -> Smtp:
    """From settings: host, port, sender, user, password (`env:NAME`), security."""
    host = options["host"]
    security = options.get("security") or ("none" if host in LOOPBACK else "starttls")
    if security == "none" and host not in LOOPBACK:
        raise DeliveryError(
            f"mail to {host} would go unencrypted", remedy="set security to starttls or tls", permanent=True
        )
    return Smtp(
        host=host,
        port=int(options.get("port") or 587),
        sender=options.get("sender") or "lagebild@localhost",
        user=resolve(options.get("user", ""), environment),
        password=resolve(options.get("password", ""), environment),
        security=security,  # type: ignore[arg-type]
    )


def addressed(subject: str, body: bytes, media_type: str, sender: str, recipient: str) -> EmailMessage:
    """The message with From and To. A body that is no message yet becomes one. Raises DeliveryError."""
    if media_type == "message/rfc822":
        message = message_from_bytes(body, policy=SMTP_POLICY)
        assert isinstance(message, EmailMessage)
    else:
        message = EmailMessage(policy=SMTP_POLICY)
        message["Subject"] = subject
        message.set_content(body.decode("utf-8"))
    try:
        message["From"], message["To"] = sender, recipient
    except ValueError as error:
        raise DeliveryError(
            f"{recipient!r} is no mail address", remedy="write one address per recipient", permanent=True
        ) from error
    return message


def refused(error: OSError | smtplib.SMTPException, host: str) -> DeliveryError:
    """5xx is for good; everything else may pass."""
    codes = [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    permanent = bool(codes) and all(500 <= code < 600 for code in codes)
    return DeliveryError(
        f"{host}: {type(error).__name__}: {error}",
        remedy="see the server's answer; check address, login and TLS settings",
        permanent=permanent,
    )

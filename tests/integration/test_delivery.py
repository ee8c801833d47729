"""Issues brought to real servers on loopback: SMTP, webhooks, a folder."""

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from digest.brief import brief
from digest.delivery import file, slack, smtp, teams, webhook
from digest.formats import email, html
from digest.formats import json as json_form
from digest.formats import slack as slack_form
from digest.formats import teams as teams_form
from digest.outbox import deliver, delivery_key, next_try, resume
from domain.errors import ConfigError, DeliveryError
from domain.model import Delivery
from domain.registry import names_in, plug
from lagebild.belts.deliver import send
from lagebild.settings import Delivery as DeliverySettings
from lagebild.settings import Recipient
from storage.memory import MemoryArchive
from tests.fixtures.digest_days import END, SUNDAY, hostile_day, loud_day, rollup


class Mailbox:
    """Takes every mail, unless told to answer otherwise."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage, bytes]] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.answers and not (answer := self.answers.pop(0)).startswith("250"):
            return answer
        raw = bytes(envelope.content or b"")
        mail = message_from_bytes(raw, policy=SMTP_POLICY)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos[0], mail, raw))
        return "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Controller]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def channel_to(server: Controller) -> smtp.Smtp:
    return smtp.build({"host": "127.0.0.1", "port": str(server.port), "sender": "lagebild@example.org"}, {})


class Hook(ThreadingHTTPServer):
    """A webhook that keeps what it was sent and answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HookAnswer)
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.status, self.headers = 200, {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class HookAnswer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Hook)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def archive() -> Iterator[MemoryArchive]:
    held = MemoryArchive()
    yield held
    held.close()


def mail_to(recipient: str, body: bytes = b"", **changes: Any) -> Delivery:
    told: dict[str, Any] = {
        "key": delivery_key("DE", SUNDAY, "daily", "smtp", recipient),
        "digest_id": "de-2026-11-22-daily-de",
        "channel": "smtp",
        "recipient": recipient,
        "subject": "[Lagebild DE] So., 22. Nov.: 1 eskalieren",
        "media_type": email.MEDIA_TYPE,
        "body": body or email.render(brief(loud_day(), "de")),
        "created_at": END,
    }
    return Delivery(**{**told, **changes})


# --- mail ----------------------------------------------------------------------------------------


def test_a_mail_arrives_whole(server: Controller, mailbox: Mailbox) -> None:
    digest = brief(rollup(), "de")
    channel_to(server).send(digest.subject, email.render(digest), email.MEDIA_TYPE, "ute@example.org", "k1")
    ((recipient, mail, _),) = mailbox.mails
    assert recipient == "ute@example.org" == mail["To"]
    assert mail["Subject"] == digest.subject
    assert mail["Message-ID"] == "<dach-2026-11-22-daily-de@lagebild.invalid>"
    assert mail["List-Id"] and mail["Date"]
    parts = [part.get_content_type() for part in mail.walk()]
    assert parts[:3] == ["multipart/alternative", "text/plain", "multipart/related"]


def test_the_text_part_has_every_section_and_the_html_part_is_under_90_kilobytes(
    server: Controller, mailbox: Mailbox
) -> None:
    digest = brief(rollup(), "de")
    channel_to(server).send(digest.subject, email.render(digest), email.MEDIA_TYPE, "ute@example.org", "k1")
    mail = mailbox.mails[0][1]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for section in digest.sections:
        assert f"{section.number} {section.title}" in text
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert len(page.encode()) < 90_000
    images = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert 1 <= len(images) <= 3
    assert all(len(part.get_content()) < 150_000 for part in images)
    assert {f"cid:{part['Content-ID'].strip('<>')}" for part in images} == set(resources(page))


def resources(page: str) -> list[str]:
    """Whatever a mail client would load by itself."""
    import re

    assert not re.search(r"<(script|link|iframe|form|svg|object)\b", page)
    return re.findall(r'src="([^"]+)"', page) + re.findall(r"url\(([^)]+)\)", page)


def test_a_line_that_begins_with_a_dot_survives(server: Controller, mailbox: Mailbox) -> None:
    channel_to(server).send("S", b".eins\n..zwei\n", "text/plain", "ute@example.org", "k1")
    assert mailbox.mails[0][1].get_content().replace("\r\n", "\n") == ".eins\n..zwei\n"


def test_hostile_titles_reach_nobody_as_markup(server: Controller, mailbox: Mailbox) -> None:
    digest = brief(hostile_day(), "de")
    channel_to(server).send(digest.subject, email.render(digest), email.MEDIA_TYPE, "ute@example.org", "k1")
    page = mailbox.mails[0][1].get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in page and "javascript:" not in page and "onerror" not in page


def test_an_address_cannot_smuggle_a_header(server: Controller) -> None:
    with pytest.raises(DeliveryError) as refused:
        channel_to(server).send("S", b"x", "text/plain", "a@example.org\r\nBcc: b@example.org", "k1")
    assert refused.value.permanent


def test_the_last_byte_is_told_before_the_server_has_the_mail(server: Controller, mailbox: Mailbox) -> None:
    seen: list[int] = []
    channel_to(server).send(
        "S", b"x", "text/plain", "a@example.org", "k1", lambda: seen.append(len(mailbox.mails))
    )
    assert seen == [0]
    assert len(mailbox.mails) == 1


def test_a_server_abroad_is_spoken_to_only_with_tls() -> None:
    with pytest.raises(DeliveryError, match="unencrypted"):
        smtp.build({"host": "mail.example.org", "security": "none"}, {})
    assert smtp.build({"host": "mail.example.org"}, {}).security == "starttls"


def test_a_password_is_named_and_not_written() -> None:
    with pytest.raises(ConfigError, match="env:MAIL_PASSWORD"):
        smtp.build({"host": "mail.example.org", "user": "u", "password": "env:MAIL_PASSWORD"}, {})
    made = smtp.build(
        {"host": "mail.example.org", "user": "u", "password": "env:MAIL_PASSWORD"},
        {"MAIL_PASSWORD": "geheim"},
    )
    assert made.password == "geheim"
    assert "geheim" not in repr(made)


# --- webhooks ------------------------------------------------------------------------------------


def test_a_webhook_gets_the_issue_signed_and_keyed(hook: Hook) -> None:
    body = json_form.render(brief(loud_day(), "de"))
    webhook.build({"secret": "env:S"}, {"S": "geheim"}).send(
        "S", body, json_form.MEDIA_TYPE, hook.url, "key-1"
    )
    ((headers, sent),) = hook.posts
    assert sent == body
    assert headers["Idempotency-Key"] == "key-1"
    assert headers["X-Lagebild-Signature"] == webhook.signature("geheim", "key-1", body)
    assert json.loads(sent)["schema"] == "lagebild.digest/1"


@pytest.mark.parametrize(("status", "permanent"), [(500, False), (429, False), (404, True), (302, False)])
def test_a_refusal_says_whether_to_try_again(hook: Hook, status: int, permanent: bool) -> None:
    hook.status, hook.headers = status, {"Retry-After": "90"}
    with pytest.raises(DeliveryError) as refused:
        webhook.build({}, {}).send("S", b"{}", "application/json", hook.url, "k")
    assert refused.value.permanent is permanent
    assert refused.value.retry_after == timedelta(seconds=90)
    assert "/hook" not in str(refused.value)


def test_slack_and_teams_get_their_payloads_by_reference(hook: Hook) -> None:
    digest = brief(loud_day(), "de")
    environment = {"HOOK": hook.url}
    slack.build({}, environment).send("S", slack_form.render(digest), slack_form.MEDIA_TYPE, "env:HOOK", "k")
    teams.build({}, environment).send("S", teams_form.render(digest), teams_form.MEDIA_TYPE, "env:HOOK", "k")
    to_slack, to_teams = (json.loads(body) for _, body in hook.posts)
    assert to_slack["blocks"][0]["type"] == "header"
    assert to_teams["attachments"][0]["content"]["type"] == "AdaptiveCard"


def test_a_webhook_abroad_must_be_https() -> None:
    with pytest.raises(DeliveryError, match="not https"):
        webhook.build({}, {}).send("S", b"{}", "application/json", "http://hooks.example.org/x", "k")


# --- files ---------------------------------------------------------------------------------------


def test_the_same_key_is_the_same_file(tmp_path: Path) -> None:
    page = html.render(brief(loud_day(), "de"))
    for _ in range(2):
        file.build({}, {}).send("S", page, html.MEDIA_TYPE, str(tmp_path / "neu"), "key-1")
    assert [path.name for path in (tmp_path / "neu").iterdir()] == ["key-1.html"]


# --- outbox --------------------------------------------------------------------------------------


def test_everybody_gets_it_once_however_often_it_is_sent(
    server: Controller, mailbox: Mailbox, archive: MemoryArchive
) -> None:
    people = [f"p{n}@example.org" for n in range(5)]
    for _ in range(3):
        archive.enqueue([mail_to(person) for person in people])
        deliver(archive, {"smtp": channel_to(server)}, lambda: END)
    assert sorted(recipient for recipient, _, _ in mailbox.mails) == people


def test_a_refused_mail_waits_and_then_goes_out(
    server: Controller, mailbox: Mailbox, archive: MemoryArchive
) -> None:
    mailbox.answers = ["451 busy"]
    archive.enqueue([mail_to("ute@example.org")])
    channels = {"smtp": channel_to(server)}
    assert deliver(archive, channels, lambda: END).postponed == 1
    assert deliver(archive, channels, lambda: END).sent == 0
    assert deliver(archive, channels, lambda: END + timedelta(minutes=2)).sent == 1
    assert len(mailbox.mails) == 1


def test_an_unknown_address_is_given_up_and_told(
    server: Controller, mailbox: Mailbox, archive: MemoryArchive
) -> None:
    mailbox.answers = ["550 no such user"]
    archive.enqueue([mail_to("niemand@example.org"), mail_to("ute@example.org")])
    done = deliver(archive, {"smtp": channel_to(server)}, lambda: END)
    assert (done.failed, done.sent) == (1, 1)
    (failed,) = [found for found in archive.deliveries() if found.state == "failed"]
    assert "550" in failed.error


def test_one_dead_channel_does_not_hold_up_the_others(
    server: Controller, mailbox: Mailbox, archive: MemoryArchive, tmp_path: Path
) -> None:
    page = mail_to(str(tmp_path), b"<p>x", channel="file", media_type="text/html", key="de-file")
    archive.enqueue([mail_to("ute@example.org"), page])
    done = deliver(
        archive,
        {"smtp": smtp.build({"host": "127.0.0.1", "port": "1"}, {}), "file": file.build({}, {})},
        lambda: END,
    )
    assert (done.sent, done.postponed) == (1, 1)


def test_what_a_crash_interrupted_goes_out_again_and_what_was_handed_over_does_not(
    server: Controller, mailbox: Mailbox, archive: MemoryArchive
) -> None:
    archive.enqueue([mail_to("a@example.org"), mail_to("b@example.org")])
    claimed = archive.claim(END, 2)
    archive.hand_over(claimed[0].key, END)
    later = END + timedelta(hours=1)
    assert resume(archive, later) == 1
    deliver(archive, {"smtp": channel_to(server)}, lambda: later)
    assert [recipient for recipient, _, _ in mailbox.mails] == [claimed[1].recipient]


def test_waits_grow_and_a_day_is_the_end() -> None:
    first, later = mail_to("a", b"x", attempts=1), mail_to("a", b"x", attempts=9)
    error = DeliveryError("x", remedy="y")
    assert next_try(first, error, END) == END + timedelta(minutes=1)
    assert next_try(later, error, END) == END + timedelta(minutes=240)
    assert next_try(later, error, END + timedelta(hours=24)) is None
    assert next_try(
        first, DeliveryError("x", remedy="y", retry_after=timedelta(hours=2)), END
    ) == END + timedelta(hours=2)


def test_a_key_tells_market_day_edition_and_recipient_apart() -> None:
    keys = {
        delivery_key(market, day, edition, "smtp", to)
        for market in ("DE", "AT")
        for day in (SUNDAY, SUNDAY + timedelta(days=1))
        for edition in ("daily", "update")
        for to in ("a@example.org", "b@example.org")
    }
    assert len(keys) == 16


def test_each_channel_is_a_file_with_a_build_and_a_format() -> None:
    for name in names_in("digest.delivery"):
        found = plug("digest.delivery", name)
        assert callable(found.build) and found.FORMAT in names_in("digest.formats")


# --- the roof's belt -----------------------------------------------------------------------------


def test_recipients_get_their_market_language_and_variant(
    server: Controller, mailbox: Mailbox, archive: MemoryArchive, tmp_path: Path
) -> None:
    settings = DeliverySettings(
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        recipients=(
            Recipient(channel="smtp", to="ute@example.org", markets=("DE",), language="de"),
            Recipient(
                channel="smtp",
                to="head@example.org",
                markets=("DE", "AT"),
                language="en",
                variant="leadership",
            ),
            Recipient(channel="smtp", to="wien@example.org", markets=("AT",), language="de"),
            Recipient(channel="file", to=str(tmp_path), markets=("DE",), language="de"),
        ),
    )
    issues = [brief(loud_day(), "de"), brief(loud_day(), "en")]
    for _ in range(2):
        send(archive, issues, settings, {}, lambda: END)
    assert sorted(to for to, _, _ in mailbox.mails) == ["head@example.org", "ute@example.org"]
    short = next(mail for to, mail, _ in mailbox.mails if to == "head@example.org")
    text = short.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "10 Coverage and limits" in text and "4 Top stories" not in text
    assert [path.suffix for path in tmp_path.iterdir()] == [".html"]


# --- TLS and login -------------------------------------------------------------------------------


class Doorkeeper:
    """Lets in ute with the right password."""

    def __call__(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ute", b"geheim"), handled=False)


@pytest.fixture
def guarded(mailbox: Mailbox) -> Iterator[tuple[Controller, ssl.SSLContext]]:
    """A server that speaks to nobody without STARTTLS and a login, and what a client needs to trust it."""
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(theirs)
    authority.configure_trust(ours)
    controller = Controller(
        mailbox, hostname="localhost", port=free_port(), tls_context=theirs, require_starttls=True,
        authenticator=Doorkeeper(), auth_required=True,
    )  # fmt: skip
    controller.start()
    yield controller, ours
    controller.stop()


def test_mail_goes_out_over_starttls_with_a_login(
    guarded: tuple[Controller, ssl.SSLContext], mailbox: Mailbox
) -> None:
    server, trusted = guarded
    told = smtp.Smtp(
        host="localhost",
        port=server.port,
        sender="l@example.org",
        user="ute",
        password="geheim",
        context=trusted,
    )
    told.send("S", b"x", "text/plain", "a@example.org", "k1")
    assert len(mailbox.mails) == 1
    wrong = replace(told, password="falsch")
    with pytest.raises(DeliveryError) as refused:
        wrong.send("S", b"x", "text/plain", "a@example.org", "k1")
    assert refused.value.permanent and "falsch" not in str(refused.value)


def test_a_server_with_an_unknown_certificate_is_not_spoken_to(
    guarded: tuple[Controller, ssl.SSLContext], mailbox: Mailbox
) -> None:
    server, _ = guarded
    stranger = smtp.Smtp(host="localhost", port=server.port, sender="l@example.org")
    with pytest.raises(DeliveryError, match="certificate"):
        stranger.send("S", b"x", "text/plain", "a@example.org", "k1")
    assert not mailbox.mails

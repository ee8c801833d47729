"""The issue as a mail: text first, HTML with inline styles, at most three charts by Content-ID.

The bytes are a whole message without sender and recipient; the SMTP channel adds those.
"""

from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from digest.charts import ARROWS, png, shade
from digest.formats.text import render as render_text
from digest.markup import environment, line_html, words_of
from domain.briefing import Chart, Digest, Line

MEDIA_TYPE = "message/rfc822"
SUFFIX = "eml"

MOST_IMAGES = 3
DOMAIN = "lagebild.invalid"
"""Right-hand side of ids; .invalid is reserved (RFC 2606), so it can be nobody's."""

FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
INK, MUTED = "#1b2329", "#5c6870"
BADGE = f"font-size:12px;font-weight:600;white-space:nowrap;color:{MUTED}"
STYLES = {
    "n": "white-space:nowrap",
    "a": "color:#14517f",
    "q": "font-size:10px;line-height:0;color:#5c6870",
    "b s1": f"{BADGE};color:#8d1b1b",
    "b s2": f"{BADGE};color:#a34a00",
    "b new": f"{BADGE};color:#123f66",
    "b escalate": f"{BADGE};color:{INK}",
    "b elevated": f"{BADGE};color:{INK}",
}
HEAT_TEXT = (MUTED, INK, INK, INK, "#ffffff", "#ffffff")


@dataclass(slots=True)
class Images:
    """The charts met while the page is set; those past the third are told by their words alone."""

    locale: str
    held: list[bytes] = field(default_factory=list)

    def add(self, chart: Chart) -> Markup:
        if len(self.held) >= MOST_IMAGES:
            return Markup("<em>{}</em>").format(chart.alt)
        self.held.append(png(chart, self.locale))
        # No width attribute of the file's 1040 px: 100 % of 560 px is double density.
        shape = 'width="560" style="display:block;width:100%;max-width:560px;height:auto;border:0;background:#fefefe"'
        return Markup('<img src="cid:{}" alt="{}" {}>').format(cid(len(self.held)), chart.alt, Markup(shape))


@cache
def _environment() -> Environment:
    return environment()


def cid(number: int) -> str:
    return f"chart-{number}@{DOMAIN}"


def dress(name: str) -> str:
    """Class for the dark sheet, style for clients that read none."""
    style = STYLES.get(name) or (BADGE if name.startswith("b ") else "")
    return f' class="{name}" style="{style}"'


def page(digest: Digest) -> tuple[str, list[bytes]]:
    """The HTML part and its images in order."""
    images, words = Images(digest.locale), words_of(digest)

    def html(line: Line) -> Markup:
        return line_html(line, words, dress)

    text = _environment().get_template("mail.html").render(
        digest=digest, words=words, html=html, drawing=images.add, shade=shade, arrows=ARROWS,
        font=FONT, heat_text=HEAT_TEXT,
    )  # fmt: skip
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n", images.held


def render(digest: Digest) -> bytes:
    return message(digest).as_bytes()


def message(digest: Digest) -> EmailMessage:
    """The whole message; boundaries and ids come from the issue's id, so the same issue gives the same bytes."""
    html, images = page(digest)
    mail = EmailMessage(policy=SMTP)
    for name, value in headers(digest).items():
        mail[name] = value
    mail.set_content(render_text(digest).decode("utf-8"), cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    html_part = mail.get_payload()[1]  # type: ignore[index]
    for number, image in enumerate(images, start=1):
        html_part.add_related(image, "image", "png", cid=f"<{cid(number)}>", filename=f"chart-{number}.png")  # type: ignore[union-attr]
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=={digest.id}-{number}==")
    return mail


def headers(digest: Digest) -> dict[str, str]:
    """Subject, Date, Message-ID, List-Id; an update refers to the day's first issue."""
    listed = Address(username=f"{digest.market.lower()}-{digest.language}", domain=DOMAIN).addr_spec
    told = {
        "Subject": digest.subject,
        "Date": format_datetime(digest.as_of),
        "Message-ID": f"<{digest.id}@{DOMAIN}>",
        "List-Id": f"Lagebild {digest.market} <{listed.replace('@', '.')}>",
        "Auto-Submitted": "auto-generated",
        "X-TLP": digest.header.tlp,
    }
    if digest.edition != "daily":
        first = digest.id.replace(f"-{digest.edition}-", "-daily-")
        told["References"] = told["In-Reply-To"] = f"<{first}@{DOMAIN}>"
    return told

"""A few words to those who look after the service, in the form that a channel takes."""

from collections.abc import Callable, Mapping
from json import dumps

from domain.model import Alarm

SLACK_CHARACTERS = 2_900
CARD = "application/vnd.microsoft.card.adaptive"


def subject_of(alarm: Alarm) -> str:
    """One line: what, and whether it began or ended."""
    state = "over" if alarm.cleared_at else alarm.level
    return f"Lagebild: {alarm.key} ({state})"


def text_of(alarm: Alarm) -> str:
    """What is wrong, since when, and what to do; or that it is over."""
    lines = [alarm.message, f"since {alarm.raised_at:%Y-%m-%d %H:%M} UTC" if alarm.raised_at else ""]
    lines.append(
        f"over since {alarm.cleared_at:%Y-%m-%d %H:%M} UTC"
        if alarm.cleared_at
        else f"What to do: {alarm.remedy}"
    )
    return "\n".join(line for line in lines if line) + "\n"


def notice_of(alarm: Alarm, form: str) -> tuple[str, bytes]:
    """Media type and body for a channel whose form is `form`; plain text for those that need no other."""
    media_type, write = FORMS.get(form, ("text/plain", text_of))
    return media_type, write(alarm).encode("utf-8")


def _json(alarm: Alarm) -> str:
    told = {
        "kind": "alarm", "alarm": alarm.key, "level": alarm.level, "state": "over" if alarm.cleared_at else "raised",
        "message": alarm.message, "remedy": alarm.remedy,
        "raised_at": alarm.raised_at and alarm.raised_at.isoformat(),
        "cleared_at": alarm.cleared_at and alarm.cleared_at.isoformat(),
    }  # fmt: skip
    return dumps(told, ensure_ascii=False)


def _slack(alarm: Alarm) -> str:
    section = {"type": "section", "text": {"type": "plain_text", "text": text_of(alarm)[:SLACK_CHARACTERS]}}
    return dumps({"text": subject_of(alarm), "blocks": [section]}, ensure_ascii=False)


def _teams(alarm: Alarm) -> str:
    lines = [subject_of(alarm), *text_of(alarm).splitlines()]
    body = [{"type": "TextBlock", "text": line, "wrap": True} for line in lines]
    content = {"type": "AdaptiveCard", "version": "1.4", "body": body}
    return dumps(
        {"type": "message", "attachments": [{"contentType": CARD, "content": content}]}, ensure_ascii=False
    )


FORMS: Mapping[str, tuple[str, Callable[[Alarm], str]]] = {
    "json": ("application/json", _json),
    "slack": ("application/json", _slack),
    "teams": ("application/json", _teams),
}

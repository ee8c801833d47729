"""Tell which models, versions and paths are in use, and what is missing."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import click

from domain.errors import LagebildError
from lagebild.alerting import free_megabytes, latest
from lagebild.opening import archive_of, json_option, print_json, settings_of, sources_of
from lagebild.secrets import is_reference, secrets_of
from lagebild.upkeep import LAST_BACKUP
from nlp.pipelines import describe

LIBRARIES = (
    "scrapy",
    "feedparser",
    "trafilatura",
    "spacy",
    "langdetect",
    "sqlite-utils",
    "apscheduler",
    "onnxruntime",
)


@click.command(help=__doc__ + "\n\nExample: lagebild doctor --json")
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    facts = {
        **_machine(),
        **_libraries(),
        **_models(),
        **_paths(context),
        **_secrets(context),
        **_checks(context),
    }
    if as_json:
        print_json({"facts": facts})
        return
    for name, value in facts.items():
        click.echo(f"{name:26} {value}")


def _machine() -> dict[str, str]:
    return {
        "lagebild": version("lagebild"),
        "python": platform.python_version(),
        "executable": sys.executable,
    }


def _libraries() -> dict[str, str]:
    return {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _models() -> dict[str, str]:
    return {f"language {one.code}": one.label for one in describe()}


def _paths(context: click.Context) -> dict[str, str]:
    try:
        settings = settings_of(context)
    except LagebildError as error:
        return {"settings": f"invalid: {error}"}
    archive = f"{settings.archive}{'' if settings.archive.exists() else ' (none yet)'}"
    sources = f"{settings.sources}{'' if settings.sources.exists() else ' (missing: lagebild init)'}"
    contact = settings.collect.contact or "none: publishers cannot reach you; set collect.contact"
    return {
        "archive": archive,
        "sources": sources,
        "briefings": str(settings.publish.folder),
        "contact": contact,
    }


def _secrets(context: click.Context) -> dict[str, str]:
    """Per reference that an enabled source or the delivery names: whether it leads to a secret. Never the secret."""
    try:
        settings = settings_of(context)
        sources = sources_of(settings)
    except LagebildError:
        return {}
    wanted: dict[str, list[str]] = {}
    for source in sources:
        if source.enabled and source.auth:
            wanted.setdefault(source.auth, []).append(source.id)
    for reference in (settings.delivery.smtp_password, settings.delivery.webhook_secret):
        if is_reference(reference):
            wanted.setdefault(reference, []).append("delivery")
    return {
        f"secret {reference}": f"{_found(reference)} for {', '.join(who)}"
        for reference, who in wanted.items()
    }


def _found(reference: str) -> str:
    try:
        secrets_of(os.environ)(reference)
    except LagebildError as error:
        return f"MISSING ({error.remedy})"
    return "found"


def _checks(context: click.Context) -> dict[str, str]:
    """What the service's own watch says now; nothing where there is no archive yet."""
    try:
        settings = settings_of(context)
        archive = archive_of(settings)
    except LagebildError:
        return {}
    runs = latest(archive.job_runs(limit=400))
    facts = {
        "disk": f"{free_megabytes(settings.archive):.0f} MB free",
        "last backup": archive.setting(LAST_BACKUP) or "none yet: `lagebild schedule run upkeep`",
        "dead-man's switch": "set" if settings.alerts.ping_url else "none: set alerts.ping_url",
        "alarms go to": ", ".join(w.channel for w in settings.delivery.alerts)
        or "nobody: set delivery.alerts",
    }
    facts |= {f"job {name}": f"{run.outcome} {run.started_at:%Y-%m-%d %H:%M}Z" for name, run in runs.items()}
    return facts | {f"alarm {alarm.key}": alarm.message for alarm in archive.alarms()}

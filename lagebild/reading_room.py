"""Opens the reading room: joins archive, names, triage rules and the digest's page into one application."""

import os
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from digest.formats.html import render
from digest.kept import with_numbers
from domain.errors import ConfigError
from domain.ports import Archive
from lagebild.labels import names
from lagebild.room.drawing import drawing, warm
from lagebild.room.form_key import form_key
from lagebild.room.intake import intake
from lagebild.room.reasons import spoken
from lagebild.room.regions import regions
from lagebild.room.review import teaching
from lagebild.room.shield import shield
from lagebild.room.sources import LiveSources, bench
from lagebild.room.stories import storytelling
from lagebild.room.triage import triage
from lagebild.secrets import is_reference, secrets_of
from lagebild.settings import Web
from lagebild.workshop import Workshop
from storage.sqlite.asking import connect
from storage.sqlite.schema import PUBLIC_VIEWS
from web.app import create_app
from web.desk import Asking, Desk
from web.entrance import Entrance, Proxy
from web.oidc import Provider, checked_issuer

EVERYWHERE = ("", "0.0.0.0", "::")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def room(workshop: Workshop) -> Starlette:
    """The application over this archive. Raises ConfigError for an address that others could reach without signing in."""
    settings = workshop.settings
    entrance = entrance_of(settings.web, workshop.archive)
    zones: dict[str, str] = {edition.market: edition.zone for edition in settings.publish.editions}
    desk = Desk(
        archive=workshop.archive,
        clock=workshop.clock,
        sources=LiveSources(workshop),
        zones=zones,
        names=names(),
        triage=triage(workshop.archive, zones, settings),
        render=lambda body: render(with_numbers(workshop.archive, body)),
        shield=shield(),
        speak=spoken,
        stories=storytelling(workshop.archive),
        teaching=teaching(workshop),
        drawing=drawing(),
        bench=bench(workshop),
        intake=intake(workshop),
        hosts=hosts_of(settings.web),
        entrance=entrance,
        asking=asking_of(settings.archive),
        regions=regions(),
    )
    if settings.archive.exists() or settings.fleet.database:
        desk = replace(desk, secret=form_key(settings.archive))
    return create_app(desk)


def entrance_of(web: Web, archive: Archive) -> Entrance:
    """How people come in. Raises ConfigError when nobody would have to sign in where others can reach the room."""
    here = web.host in LOOPBACK
    addresses = tuple(ip_network(address) for address in web.proxy.addresses)
    admins = [a for a in archive.accounts() if a.role == "admin" and a.password_hash and not a.disabled]
    provider = provider_of(web)
    if not here and not admins and not addresses and not provider:
        raise ConfigError(
            f"nobody has an account, so the reading room will not listen on {web.host}",
            remedy="run `lagebild people add NAME --role admin` first, or set web.host to 127.0.0.1",
        )
    return Entrance(
        open=here and not addresses and not provider,
        secure=web.base_url.startswith("https://"),
        proxy=Proxy(web.proxy.header, addresses, web.proxy.new_role) if addresses else None,
        provider=provider,
        idle=timedelta(minutes=web.idle_minutes),
        longest=timedelta(hours=web.longest_hours),
    )


def provider_of(web: Web) -> Provider | None:
    """The provider that signs people in, if one is set. Raises ConfigError when something about it is missing."""
    given = web.oidc
    if not given.issuer:
        return None
    if not (given.client_id and is_reference(given.client_secret) and web.base_url):
        raise ConfigError(
            "web.oidc is incomplete",
            remedy="give issuer, client_id, client_secret by name (env:NAME), and web.base_url, to which people come back",
        )
    return Provider(
        checked_issuer(given.issuer),
        given.client_id,
        lambda: secrets_of(os.environ)(given.client_secret),
        f"{web.base_url.rstrip('/')}/sign-in/provider/back",
        given.claim,
        given.new_role,
    )


def asking_of(file: Path) -> Asking | None:
    """What /sql reads: the archive's public views. None where the archive is not a file of this machine."""
    return Asking(file, PUBLIC_VIEWS, lambda: connect(file)) if file.exists() else None


def hosts_of(web: Web) -> frozenset[str]:
    """The names the room answers to; others are refused, so that no other site can reach it through a browser."""
    named = {urlsplit(web.base_url).hostname or "", web.host, *web.hosts} - {*EVERYWHERE}
    return frozenset({*LOOPBACK, *named})


def listening(workshop: Workshop, port: int | None) -> uvicorn.Config:
    """The server's settings. Its own reading of X-Forwarded-For is off: the room believes its named proxies alone."""
    web = workshop.settings.web
    return uvicorn.Config(
        room(workshop),
        host=web.host,
        port=port or web.port,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )


def server_of(workshop: Workshop, port: int | None) -> uvicorn.Server:
    """The room's server, ready to be run; what draws the charts is loaded meanwhile."""
    Thread(target=warm, daemon=True, name="charts").start()
    return uvicorn.Server(listening(workshop, port))


def greeting(workshop: Workshop, port: int | None) -> str:
    """Where the room is, and whether one has to sign in."""
    web = workshop.settings.web
    place = f"reading room at http://{web.host}:{port or web.port}/"
    if workshop.archive.accounts() or web.proxy.addresses or web.oidc.issuer:
        careless = web.host not in LOOPBACK and not web.base_url.startswith("https://")
        return place + (
            " (passwords cross the network in clear: put TLS before it and set web.base_url)"
            if careless
            else ""
        )
    return f"{place} (this machine only, no account needed; `lagebild people add NAME --role admin` asks for sign-in)"

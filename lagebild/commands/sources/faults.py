"""Write the faults of all sources as an Atom feed, so that a reader tells their maintainer."""

import sys

import click
from lxml import etree

from crawler.rhythm import SourceHealth
from lagebild.commands.sources.health import health_of, line_of
from lagebild.opening import archive_of, settings_of, sources_of
from lagebild.workshop import utc_now

ATOM = "http://www.w3.org/2005/Atom"


@click.command(help=__doc__ + "\n\nExample: lagebild sources faults > faults.atom")
@click.pass_context
def command(context: click.Context) -> None:
    settings = settings_of(context)
    told = health_of(archive_of(settings), list(sources_of(settings)))
    sys.stdout.buffer.write(feed_of([one for one in told if not one.is_well]))


def feed_of(faults: list[SourceHealth]) -> bytes:
    """One entry per fault; a fault that goes on keeps its id, a new one gets another."""
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    _add(feed, "id", "urn:lagebild:faults")
    _add(feed, "title", "Lagebild: faults of sources")
    _add(feed, "updated", utc_now().isoformat())
    for fault in faults:
        since = (fault.since or utc_now()).isoformat()
        entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
        _add(entry, "id", f"urn:lagebild:fault:{fault.source_id}:{fault.state.value}:{since}")
        _add(entry, "title", f"{fault.source_id}: {fault.state.value.replace('_', ' ')}")
        _add(entry, "updated", since)
        _add(entry, "summary", line_of(fault))
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = text

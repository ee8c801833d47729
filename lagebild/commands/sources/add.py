"""Add a source to sources.yaml; its kind and feed are found at the address you give."""

import click

from crawler.survey import discover_site
from domain.errors import ConfigError
from lagebild.opening import settings_of
from lagebild.sources.edit import appended, entry_text, name_of, slug
from lagebild.workshop import crawl_settings_of, page_pool


@click.command(
    help=__doc__ + "\n\nExample: lagebild sources add https://bote.example/ --market DE --language de"
)
@click.argument("url")
@click.option("--id", "source_id", default="", help="Default: made of the name.")
@click.option("--name", default="", help="Default: the host.")
@click.option("--market", required=True)
@click.option("--language", required=True)
@click.option("--lens", type=click.Choice(["user", "media", "regulator"]), default="media", show_default=True)
@click.option("--kind", default="", help="Take the address as it is, as a source of this kind.")
@click.option("--dry-run", is_flag=True, help="Show the entry, change nothing.")
@click.pass_context
def command(
    context: click.Context,
    url: str,
    source_id: str,
    name: str,
    market: str,
    language: str,
    lens: str,
    kind: str,
    dry_run: bool,
) -> None:
    settings = settings_of(context)
    with page_pool() as pages:
        offers = [] if kind else discover_site(url, crawl_settings_of(settings, pages))
    if not kind and not offers:
        raise ConfigError(
            f"no feed was found at {url}",
            remedy="give --kind html to read the page's links, or another address",
        )
    chosen_kind, chosen_url = (kind, url) if kind else (offers[0].kind, offers[0].url)
    known_as = name or name_of(url)
    entry = {
        "id": source_id or slug(known_as),
        "name": known_as,
        "kind": chosen_kind,
        "url": chosen_url,
        "language": language,
        "market": market,
        "lens": lens,
    }
    if not dry_run:
        appended(settings.sources, [entry])
    click.echo(entry_text(entry), nl=False)

"""Say which feeds and sitemaps a site offers, ready for sources.yaml."""

import click

from crawler.discover import Offer
from lagebild.opening import json_option, print_json, settings_of
from lagebild.workshop import crawl_settings_of, page_pool


@click.command(help=__doc__ + "\n\nExample: lagebild sources discover https://www.example.org/")
@click.argument("url")
@json_option
@click.pass_context
def command(context: click.Context, url: str, as_json: bool) -> int:
    from crawler.survey import discover_site  # brings Scrapy along

    with page_pool() as pages:
        offers = discover_site(url, crawl_settings_of(settings_of(context), pages))
    if as_json:
        print_json({"url": url, "offers": [_row(offer) for offer in offers]})
    else:
        for offer in offers:
            click.echo(f"- kind: {offer.kind}\n  url: {offer.url}   # {offer.how} {offer.title}".rstrip())
    return 0


def _row(offer: Offer) -> dict[str, str]:
    return {"kind": offer.kind, "url": offer.url, "title": offer.title, "how": offer.how}

"""Whose handles may stand in articles: platforms and authorities by the watchlist, people and accounts by the settings."""

from crawler.plain import bare_handle
from lagebild.settings import Privacy
from nlp.watchlist import watchlist


def public_handles(privacy: Privacy) -> frozenset[str]:
    """Handles as `bare_handle` spells them. Of an account on a server both `name@server` and `name` count."""
    watched = watchlist()
    names = [
        *watched.names,
        *watched.exact,
        *watched.unsure,
        *(thing.name for thing in watched.things.values()),
    ]
    accounts = [account.lstrip("@") for account in privacy.public_accounts]
    named = [*accounts, *(account.partition("@")[0] for account in accounts), *privacy.public_people]
    return frozenset(map(bare_handle, [*names, *named])) - {""}

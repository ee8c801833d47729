"""One address for one article, however a feed, a share button or a phone spells it."""

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

# Parameters that tell how a reader came, never what he reads. Prefixes first, whole names after.
TRACKING = re.compile(
    r"^(?:utm_|mtm_|pk_|wt_|wt\.|at_|ns_|mc_|hsa_|oly_|vero_|ga_|_hs|__hs|trk_|sc_|piano|xing|cx_|dicbo|stp_|"
    r"fb_|tw_|itm_|int_|ito$|fbclid$|gclid$|gclsrc$|gbraid$|wbraid$|dclid$|msclkid$|twclid$|ttclid$|yclid$|igshid$|"
    r"igsh$|li_fat_id$|epik$|rdt_cid$|mkt_tok$|xtor$|wtmc$|wt_mc|wt_zmc|reduced$|seite-teilen$|rss$|feed$|feedid$|"
    r"cid$|cmp$|cmpid$|campaign$|campaignid$|ref$|refsrc$|ref_src$|ref_url$|referrer$|referer$|source$|src$|sharetype$|"
    r"share$|shared$|soc_src$|soc_trk$|smid$|partner$|partnerid$|origin$|trackid$|tracking$|tc$|ocid$|ncid$|icid$|"
    r"gaa_|traffic_source$|spm$|scm$|s_cid$|sr_share$|link_source$|via$|from$|taid$|snr$|sfmc|guccounter$|"
    r"guce_referrer|usqp$|amp_|outputtype$|amp$|__twitter_impression$|context$|print$|page_from|mode$|sara_|bestlist)",
    re.IGNORECASE,
)
# A parameter with one of these names may say what is read on sites of another make, so only known values go.
ONLY_WITH_VALUE = {
    "source": re.compile(
        r"^(?:rss|feed|twitter|facebook|social|newsletter|share|app|email|whatsapp|push)", re.I
    ),
    "src": re.compile(r"^(?:rss|feed|twitter|facebook|social|newsletter|share|app|email)", re.I),
    "from": re.compile(
        r"^(?:rss|feed|twitter|facebook|social|newsletter|share|app|email|home|article)", re.I
    ),
    "mode": re.compile(r"^(?:amp|print)$", re.I),
    "context": re.compile(r"^(?:amp|rss|feed)", re.I),
    "origin": re.compile(r"^(?:rss|feed|app|social|home)", re.I),
    "print": re.compile(r"^(?:1|true|yes|)$", re.I),
    "feed": re.compile(r"^(?:rss|atom|)$", re.I),
    "share": re.compile(r"^\D*$"),
    "partner": re.compile(r"^\D*$"),
    "cid": re.compile(r"^(?:\D|.*(?:rss|feed|social|newsletter))", re.I),
    "amp": re.compile(r"^(?:1|true|amp|)$", re.I),
    "reduced": re.compile(r"^true$", re.I),
}
MOBILE_LABELS = ("m", "mobil", "mobile", "amp", "touch", "wap")
AMP_PATH = re.compile(
    r"/amp(?:/?$|/(?=.))|\.amp(?=\.html?$|$)|-amp(?=\.html?$)|(?<=/)amp-(?=article)", re.IGNORECASE
)
GOOGLE_AMP = re.compile(r"^/amp/(?:s/)?(?P<rest>[^/]+\..+)$")
AMP_CACHE = re.compile(r"^/[a-z]/(?:s/)?(?P<rest>[^/]+\..+)$")
DEFAULT_PORTS = {"http": 80, "https": 443}
# An address is asked for several times while its item is made, and that is soon over.
LAST_ASKED = 2_000


@lru_cache(LAST_ASKED)
def canonical_url(url: str) -> str:
    """The address without tracking parameters, AMP and mobile forms, fragment, default port and host's case.

    http becomes https, a query is sorted. Applying it twice changes nothing. Addresses that are not of the
    web (`at://…`, `urn:…`), and those that cannot be read, come back trimmed and otherwise as they were.
    """
    trimmed = url.strip()
    try:
        parts = urlsplit(trimmed)
        if parts.scheme.lower() not in DEFAULT_PORTS or not parts.hostname:
            return trimmed
        return _rebuilt(_unwrapped(parts))
    except (ValueError, UnicodeError):
        return trimmed


def host_of(url: str) -> str:
    """Lower-case host without `www.` and mobile labels; empty when there is none."""
    try:
        host = urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""
    return _desktop_host(host).removeprefix("www.")


def same_article_host(first: str, second: str) -> bool:
    """Whether two addresses lie at one publisher's site: equal hosts, or one a subdomain of the other."""
    one, two = host_of(first), host_of(second)
    return bool(one and two) and (one == two or one.endswith("." + two) or two.endswith("." + one))


def _unwrapped(parts: SplitResult) -> SplitResult:
    host = (parts.hostname or "").lower()
    wrapped = None
    if host.removeprefix("www.").startswith("google."):
        wrapped = GOOGLE_AMP.match(parts.path)
    elif host.endswith(".cdn.ampproject.org"):
        wrapped = AMP_CACHE.match(parts.path)
    if wrapped is None:
        return parts
    query = f"?{parts.query}" if parts.query else ""
    return urlsplit(f"https://{wrapped['rest']}{query}")


def _rebuilt(parts: SplitResult) -> str:
    host = _desktop_host(parts.hostname or "")
    port = parts.port
    netloc = host if port is None or port == DEFAULT_PORTS[parts.scheme.lower()] else f"{host}:{port}"
    scheme = "https" if netloc == host else parts.scheme.lower()
    path = _desktop_path(parts.path)
    bare = urlunsplit((scheme, netloc, path, _telling_query(parts.query), ""))
    return str(canonicalize_url(bare))


def _desktop_host(host: str) -> str:
    host = host.lower().rstrip(".")
    first, _, rest = host.partition(".")
    if first in MOBILE_LABELS and "." in rest:
        return rest if rest.startswith("www.") else f"www.{rest}"
    return host


def _desktop_path(path: str) -> str:
    plain = (
        re.sub(r"/{2,}", "/", AMP_PATH.sub(lambda found: "/" if found[0].endswith("/") else "", path)) or "/"
    )
    return plain if plain == path else _desktop_path(plain)


def _telling_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if not _tracks(name, value)])


def _tracks(name: str, value: str) -> bool:
    rule = ONLY_WITH_VALUE.get(name.lower())
    if rule is not None:
        return rule.match(unquote(value)) is not None
    return TRACKING.match(name) is not None

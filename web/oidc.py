"""Signing in by a provider: OpenID Connect's authorization code flow with PKCE.

The identity token comes straight from the provider over TLS, and then TLS stands for its signature (OpenID Connect Core
3.1.3.7, point 6); issuer, audience, end and nonce are checked here.
"""

import hmac
import json
import secrets
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from domain.errors import ConfigError, LagebildError

TIMEOUT_SECONDS = 10
LARGEST_ANSWER_OCTETS = 256 * 1024
CLOCK_SKEW_SECONDS = 60
LOOPBACK = ("127.0.0.1", "localhost", "::1")
KEPT_SECONDS = 3_600
"""How long the provider's own description is believed."""


class ProviderError(LagebildError):
    """The provider did not say who somebody is."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who signs people in. `secret` is read when used. `claim` names the account; `new_role` is what somebody unknown becomes."""

    issuer: str
    client_id: str
    secret: Callable[[], str]
    back: str
    claim: str = "preferred_username"
    new_role: str = ""
    _known: dict[str, Any] = field(default_factory=dict, compare=False)

    def told(self) -> Mapping[str, Any]:
        """The provider's description of itself. Raises ProviderError."""
        if not self._known or self._known["at"] < time.monotonic() - KEPT_SECONDS:
            place = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            described = _asked(place)
            if described.get("issuer") != self.issuer:
                raise _refused("its description names another issuer")
            self._known.update(at=time.monotonic(), described=described)
        described = self._known["described"]
        return {
            name: _secure(str(described.get(name, "")))
            for name in ("authorization_endpoint", "token_endpoint")
        }

    def way_out(self, state: str, nonce: str, verifier: str) -> str:
        """The address to which a browser is led. Raises ProviderError."""
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        place = self.told()["authorization_endpoint"]
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def name_behind(self, code: str, nonce: str, verifier: str, now: datetime) -> str:
        """The account's name that the provider vouches for. Raises ProviderError."""
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
        }
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret(), safe='')}"
        answer = _asked(self.told()["token_endpoint"], given, f"Basic {b64encode(pair.encode()).decode()}")
        claims = claims_of(str(answer.get("id_token", "")))
        self.check(claims, nonce, now)
        name = str(claims.get(self.claim, "")).strip().lower()
        if self.claim == "email" and claims.get("email_verified") is not True:
            raise _refused("it has not verified this mail address")
        return name

    def check(self, claims: Mapping[str, Any], nonce: str, now: datetime) -> None:
        """Whether the token is from the provider, for us, for this sign-in, and still good. Raises ProviderError."""
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        end = claims.get("exp")
        if claims.get("iss") != self.issuer:
            raise _refused("its token names another issuer")
        if self.client_id not in named or (len(named) > 1 and claims.get("azp") != self.client_id):
            raise _refused("its token is for somebody else")
        if not isinstance(end, int | float) or end < now.timestamp() - CLOCK_SKEW_SECONDS:
            raise _refused("its token is over")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _refused("its token is for another sign-in")


def marks() -> dict[str, str]:
    """Fresh state, nonce and verifier of one sign-in."""
    return {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}


def claims_of(token: str) -> Mapping[str, Any]:
    """What the identity token says. Raises ProviderError."""
    parts = token.split(".")
    try:
        held = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError) as error:
        raise _refused("its token cannot be read") from error
    if not isinstance(held, dict):
        raise _refused("its token cannot be read")
    return held


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _asked(place: str, given: Mapping[str, str] | None = None, proof: str = "") -> Mapping[str, Any]:
    """The JSON object at this address. Raises ProviderError."""
    headers = {"Accept": "application/json"} | ({"Authorization": proof} if proof else {})
    request = Request(_secure(place), urlencode(given).encode() if given else None, headers)
    try:
        with build_opener(_NoRedirects).open(request, timeout=TIMEOUT_SECONDS) as answer:
            held = json.loads(answer.read(LARGEST_ANSWER_OCTETS))
    except (URLError, OSError, ValueError) as error:
        raise _refused(f"{urlsplit(place).hostname} did not answer as expected") from error
    if not isinstance(held, dict):
        raise _refused("its answer is no object")
    return held


def _secure(place: str) -> str:
    """The address itself, if nobody on the way can change what it says."""
    parts = urlsplit(place)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return place
    raise _refused(f"{place!r} is not reached by https")


def _refused(why: str) -> ProviderError:
    return ProviderError(
        f"the sign-in provider was not believed: {why}", remedy="try again, or sign in with a password"
    )


def checked_issuer(issuer: str) -> str:
    """Raises ConfigError for an issuer that is not reached by https."""
    try:
        return _secure(issuer)
    except ProviderError as error:
        raise ConfigError(
            f"web.oidc.issuer: {issuer!r} is not reached by https", remedy="write its https address"
        ) from error

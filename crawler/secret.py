"""Placeholders for the operator's secret: connectors write them, the spider fills them in right before the network.

So a secret stands in no checkpoint, dead letter, log or message.
"""

import json
from base64 import b64encode
from dataclasses import replace
from urllib.parse import quote

from domain.model import Request

SECRET = "{secret}"
"""Stands for the secret in a request's address, headers or JSON body."""
SECRET64 = "{secret64}"
"""The same in base64, as HTTP Basic wants it."""
HIDDEN = "…"


def filled(request: Request, secret: str) -> Request:
    """The request with the secret in its places, each escaped as its place asks."""
    if not secret:
        return request
    packed = b64encode(secret.encode()).decode("ascii")
    headers = {
        name: value.replace(SECRET64, packed).replace(SECRET, secret)
        for name, value in request.headers.items()
    }
    in_json = json.dumps(secret)[1:-1].encode()
    return replace(
        request,
        url=request.url.replace(quote(SECRET), quote(secret, safe="")).replace(
            SECRET, quote(secret, safe="")
        ),
        headers=headers,
        body=request.body.replace(SECRET.encode(), in_json),
    )


def masked(text: str, secret: str) -> str:
    """A text that may quote a request, without the secret."""
    if not secret:
        return text
    return text.replace(secret, HIDDEN).replace(quote(secret, safe=""), HIDDEN)

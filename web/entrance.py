"""How people come in: what the settings say of sessions and of a proxy that signs people in."""

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from threading import Lock

from web.oidc import Provider


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that signs people in. Only what comes from `networks` is believed.

    `new_role` is what somebody unknown becomes at their first visit; "" lets in only those who have an account.
    """

    header: str
    networks: tuple[IPv4Network | IPv6Network, ...]
    new_role: str = ""

    def is_peer(self, address: str) -> bool:
        """Whether the connection comes from the proxy itself."""
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self.networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """How people come in. `open` lets everybody in as long as there is no account: only for a loopback address.

    A session ends `idle` after its last page and `longest` after its first.
    """

    open: bool = True
    secure: bool = False
    proxy: Proxy | None = None
    provider: Provider | None = None
    idle: timedelta = timedelta(hours=2)
    longest: timedelta = timedelta(hours=12)
    signing_in: Lock = field(default_factory=Lock, compare=False)

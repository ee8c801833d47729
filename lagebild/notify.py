"""Word to systemd over its datagram socket; nothing happens where there is none.

The wire form is sd_notify(3): lines such as `READY=1`, `WATCHDOG=1`, `STOPPING=1`, `STATUS=...`.
"""

import os
import socket


def tell_systemd(state: str) -> bool:
    """Sends one state; False when nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.sendto(state.encode("utf-8"), target)
    return True


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear from us (half its limit); None when it does not watch."""
    limit = os.environ.get("WATCHDOG_USEC", "")
    return int(limit) / 2_000_000 if limit.isdigit() else None

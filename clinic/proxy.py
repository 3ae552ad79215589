"""Who asks, where a proxy stands in front of us: the browser, by the address that is its own."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings

Environ = dict[str, Any]
Door = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Where a request's own address stands; a name that no header can take.
CLIENT = "clinic.client"


def real_client(door: Door) -> Door:
    """Lets a request stand for the browser that sent it, not for the proxy in front of us.

    The proxy appends the address it was asked from: the last one is the only one that it has
    seen itself. REMOTE_ADDR becomes what wrong passwords are counted by; CLIENT is the address
    itself, for the audit.
    """

    def ask(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if settings.BEHIND_PROXY:
            last = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            with suppress(ValueError):
                client = _address(last)
                environ[CLIENT], environ["REMOTE_ADDR"] = str(client), _counted(client)
        return door(environ, start_response)

    return ask


def _address(text: str) -> Address:
    """The address a proxy names; one of IPv4 also where it is written as one of IPv6."""
    if "%" in text:
        raise ValueError("an address with a zone comes from no browser")
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _counted(address: Address) -> str:
    """The address by which tries are counted: of IPv6 the network, which is one household's."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)

"""Which addresses may be fetched: web addresses whose host lies in the public internet.

A host's name is resolved once, every address it has is looked at, and the connection is made to one
of these addresses, so that a name cannot lead elsewhere between the look and the connection.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import httpx

from askdoc.errors import FetchError

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""From a host's name and a port to its addresses."""

_LONGEST = 2000
_PORTS = frozenset({80, 443})
_FREE_PORTS = range(1024, 65536)  # below lie mail, shells and other services, no websites
_UNICAST = ipaddress.ip_network("2000::/3")
# Python's lists miss these networks: of protocols (a cloud's metadata among them), of 6to4 relays,
# of examples, and the address at which Azure answers its own machines.
_RESERVED = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20"))
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SAVE = "Save the page in a browser and run: askdoc add FILE"


def check_address(address: str) -> httpx.URL:
    """A web address that may be looked up.

    Raises:
        FetchError: It is no http or https address, holds a password, or names a strange port.
    """
    shown = shortened(address)
    if len(address) > _LONGEST or not address.isprintable() or set(address) & set(" \\"):
        raise FetchError(f"{shown}: is no web address. Write it like https://example.org/page.")
    try:
        url = httpx.URL(address)
        host = url.host
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise FetchError(f"{shown}: cannot be read as a web address. Check it.") from None
    if url.scheme not in {"http", "https"} or not host:
        raise FetchError(f"{shown}: only http:// and https:// addresses are fetched.")
    if url.userinfo:
        raise FetchError(f"{shown}: holds a name or password. Leave it out. {_SAVE}")
    if url.port is not None and url.port not in _PORTS and url.port not in _FREE_PORTS:
        raise FetchError(f"{shown}: port {url.port} is none of a website. Check the address.")
    return url.copy_with(fragment=None)


def shortened(address: str) -> str:
    """An address fit to be shown: without a password, a line break or its thousandth letter."""
    words = "".join(letter if letter.isprintable() else "?" for letter in address[:120])
    head, at, tail = words.partition("@")
    scheme, slashes, _ = head.partition("//")
    return f"{scheme}{slashes}…@{tail}" if at and slashes else words


def is_public(address: str) -> bool:
    """Whether an IP address lies in the public internet.

    Private, loopback, link-local, shared, reserved and multicast ones do not, nor do IPv6 addresses
    that stand for such a one of IPv4.

    Example: is_public("64:ff9b::7f00:1") -> False
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(ip in network for network in _RESERVED):
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast
    if ip in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    inner = [ip.sixtofour, *(ip.teredo or ())]
    return ip in _UNICAST and ip.is_global and all(is_public(str(one)) for one in inner if one)


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the system knows them; none if it knows of no such host."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(place[4][0]) for place in found))


async def address_of(url: httpx.URL, resolving: Resolve, *, allow_private: bool) -> str:
    """The IP address to connect to.

    Raises:
        FetchError: There is no such host, or one of its addresses is not public.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await resolving(url.raw_host.decode("ascii"), port)
    if not found:
        raise FetchError(f"{shortened(str(url))}: there is no such host. Check the spelling.")
    if not allow_private and not all(map(is_public, found)):
        raise FetchError(
            f"{shortened(str(url))}: leads into a private network, which askdoc does not fetch "
            f"from. {_SAVE}, or, for a site of your own network, give --allow-private."
        )
    return found[0]

"""Who is at the other end: the address that a request really comes from."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web


def address_of(request: web.BaseRequest, *, trusted_proxies: int) -> str:
    """The visitor's address, for limits and logs; of an IPv6 address its network, which one customer has whole.

    `X-Forwarded-For` is what anybody may write. Each trusted proxy appends whom it saw, so with n of them the visitor
    is the n-th entry from the right. A request with fewer has come around a proxy and stands for itself.
    """
    remote = _read(request.remote or "")
    if trusted_proxies:
        entries = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        if len(entries) >= trusted_proxies:
            remote = _read(entries[-trusted_proxies]) or remote
    return "unknown" if remote is None else _named(remote)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Some proxies write a port behind the address, and brackets around one of version 6."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return ip_address(bare.partition("%")[0])
    except ValueError:
        return None


def _named(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))

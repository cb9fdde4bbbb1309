"""Which addresses on the web may be asked: http and https on their own ports, at public hosts only.

What is public is written down here rather than taken from `ipaddress`, whose answers differ between Python versions
(sources: IANA's registries of special-purpose addresses, RFC 6890 and its updates).
"""

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from adapters.errors import FetchError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
_LONGEST_URL = 2000

_CLOSED_V4 = tuple(
    map(
        ipaddress.IPv4Network,
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"
        " 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
        # A cloud's own services answer at this one, though it looks public.
        " 168.63.129.16/32".split(),
    )
)
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_TRANSLATED_V6 = ipaddress.IPv6Network("64:ff9b::/96")

_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)+")
# A browser takes such a host for an address in another notation: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)")
_LOCAL_NAMES = ("localhost", "local", "internal", "onion", "home.arpa")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_PATH_SAFE = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Target:
    """Hold an address that may be asked, in one spelling and without its fragment."""

    scheme: str
    host: str
    path: str

    @property
    def port(self) -> int:
        """The port of the scheme; no other one is asked."""
        return PORTS[self.scheme]

    @property
    def origin(self) -> str:
        """The scheme and the host."""
        return f"{self.scheme}://[{self.host}]" if ":" in self.host else f"{self.scheme}://{self.host}"

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + self.path


def check_url(url: str) -> Target:
    """Return what to ask for; raises FetchError at an address that must not be asked. Resolves no name."""
    if len(url) > _LONGEST_URL:
        raise FetchError("the address is too long")
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise FetchError("the address is not well formed") from None
    if parts.scheme not in PORTS:
        raise FetchError("only http and https are asked")
    if _UNSAFE.search(parts.netloc) or not host:
        raise FetchError("the address is not well formed")
    if "@" in parts.netloc:
        raise FetchError("the address carries a name or a password")
    if port is not None and port != PORTS[parts.scheme]:
        raise FetchError(f"port {port} is not asked")
    path = quote(parts.path or "/", safe=_PATH_SAFE, errors="replace")
    query = quote(parts.query, safe=_PATH_SAFE + "?", errors="replace")
    return Target(parts.scheme, _checked_host(host), f"{path}?{query}" if query else path)


def redirected(target: Target, location: str) -> Target:
    """Return where a redirect leads; raises FetchError at one that must not be followed."""
    with suppress(UnicodeEncodeError):
        # Servers write other characters than ASCII as bare UTF-8, which arrives as latin-1.
        location = location.encode("latin-1").decode("utf-8", "replace")
    try:
        found = check_url(urljoin(target.url, location.strip()))
    except ValueError:
        raise FetchError("it redirects to an address that is not well formed") from None
    except FetchError as error:
        raise FetchError(f"it redirects: {error}") from None
    if target.scheme == "https" and found.scheme == "http":
        raise FetchError("it redirects from https to http")
    return found


def is_public(address: IpAddress) -> bool:
    """Tell whether an address is anybody's on the internet, and not of this machine, its network or a special use."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.scope_id:
        return False
    if inner := address.ipv4_mapped or address.sixtofour:
        return is_public(inner)
    if address in _TRANSLATED_V6:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def as_address(text: str) -> IpAddress | None:
    """Return the address that a text spells, None where it spells none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _checked_host(host: str) -> str:
    address = as_address(host)
    if address is not None:
        if not is_public(address):
            raise FetchError("its address is not public")
        return str(address)
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise FetchError("its host name is not well formed") from None
    name = name.lower().rstrip(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise FetchError("its host is a number in disguise")
    if any(f".{name}".endswith(f".{local}") for local in _LOCAL_NAMES) or "." not in name:
        raise FetchError("its host name is not public")
    if len(name) > 253 or not _NAME.fullmatch(name) or any(len(label) > 63 for label in name.split(".")):
        raise FetchError("its host name is not well formed")
    return name

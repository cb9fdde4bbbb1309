"""What an address leads to, as far as it says so itself: which page, by which host, of what kind."""

import re
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from rules.links.urls import registered_domain

# Parameters that say where a reader came from, and nothing of the page.
_TRACKING = frozenset(
    "_ga _gl _hsenc _hsmi _openstat cmpid dclid fbclid gad_source gbraid gclid igsh igshid mc_cid mc_eid mkt_tok"
    " msclkid ref_src ref_url s_cid si spm srsltid twclid vero_id wbraid yclid".split()
)
_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_", "fb_", "oly_")
_SHORTENERS = frozenset(
    "adf.ly bit.do bit.ly buff.ly cutt.ly dlvr.it fb.me flic.kr goo.gl is.gd j.mp lnkd.in ow.ly rb.gy rebrand.ly"
    " shorturl.at soo.gd su.pr t.co t.ly tiny.cc tinyurl.com tr.im trib.al v.gd vk.cc wp.me clck.ru".split()
)
_MEDIA_HOSTS = frozenset(
    "dailymotion.com gfycat.com giphy.com imgflip.com imgur.com nicovideo.jp rutube.ru soundcloud.com tenor.com"
    " tinypic.com twitch.tv vimeo.com youtube.com youtube-nocookie.com youtu.be".split()
)
_MEDIA_FILE = re.compile(r"\.(?:apng|avif|bmp|gif|jpe?g|mp[34]|og[gv]|png|svg|wav|web[mp])$", re.I)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_LETTERS = re.compile(r"[^\W_]+")
# The least of a name that is told to be a host's.
_MIN_NAME = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Hold what is compared of a URL: `page` is the same however it is written, `tracking` says who sent the reader."""

    host: str
    path: str
    page: str
    tracking: tuple[str, ...]

    @property
    def is_shortened(self) -> bool:
        """Tell whether the host hides where it leads."""
        return self.host in _SHORTENERS and len(self.path) > 1

    @property
    def is_media(self) -> bool:
        """Tell whether it leads to a picture, a video or a sound."""
        return bool(_MEDIA_FILE.search(self.path)) or self.is_at(_MEDIA_HOSTS)

    def is_at(self, hosts: Collection[str]) -> bool:
        """Tell whether the host is one of some, or below one."""
        parts = self.host.split(".")[-6:]
        return any(".".join(parts[place:]) in hosts for place in range(len(parts)))

    def is_named(self, name: str) -> bool:
        """Tell whether the host is called like somebody: what is registered of it is the name without its spaces."""
        spelled = "".join(_LETTERS.findall(without_accents(name)))
        if len(spelled) < _MIN_NAME or spelled not in re.sub("[.-]", "", f"www{self.host}"):
            return False  # what is registered need not be looked up
        label, _, ending = registered_domain(self.host).partition(".")
        label = label.replace("-", "")
        return spelled in (label, label + ending.replace(".", ""), f"www{label}")


def address(url: str) -> Address | None:
    """Take an absolute URL apart; None for one that leads to no page of the web. Never raises."""
    try:
        parts = urlsplit(_INVISIBLE.sub("", url).strip(), scheme="https")
        port = parts.port
    except ValueError:
        return None
    host = _host(parts.hostname or "")
    if not host or parts.scheme.lower() not in ("http", "https", "ftp"):
        return None
    kept: list[str] = []
    tracking: list[str] = []
    for parameter in re.split("[&;]", parts.query) if parts.query else ():
        name = parameter.partition("=")[0].lower()
        is_tracking = name in _TRACKING or name.startswith(_TRACKING_PREFIXES)
        (tracking if is_tracking else kept).append(parameter)
    path = unquote(parts.path).rstrip("/")
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    shown_port = f":{port}" if port and port not in (80, 443) else ""
    page = f"{host}{shown_port}{path}?{'&'.join(sorted(kept))}{fragment}"
    return Address(host, path, page, tuple(tracking))


def _host(host: str) -> str:
    """Return a host in lower case and Unicode, without `www.`."""
    host = unicodedata.normalize("NFKC", host).casefold().strip(".")
    if "xn--" in host and len(host) < 256:
        with suppress(UnicodeError):
            host = host.encode("ascii").decode("idna")
    return host.removeprefix("www.")


def without_accents(text: str) -> str:
    """Return a text in lower case and without accents, as addresses spell it."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))

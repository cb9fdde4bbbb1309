"""What a site's robots.txt allows (RFC 9309)."""

import re

from protego import Protego

from adapters.errors import FetchError
from adapters.public_http import Reply

PRODUCT = "quotewarden"
# The size up to which RFC 9309 wants the file read.
MAX_BYTES = 500 * 1024

NOTHING_ALLOWED = "user-agent: *\ndisallow: /"

_AGENT = re.compile(r"\s*user[-\s]*agent\s*[:\s]\s*([^#]*)", re.I)
_TOKEN = re.compile(r"[a-z_-]+|\*", re.I)


def robots_rules(reply: Reply) -> str:
    """Return the rules that a reply sets, the empty text where all is allowed; raises FetchError when none is known."""
    if reply.status == 200:
        return _for_us(reply.body.decode("utf-8-sig", "replace"))
    # 429 is the one of the 4xx that says "not now" rather than "there is none".
    if reply.status >= 500 or reply.status == 429:
        raise FetchError(f"its robots.txt answers {reply.status}", passes=True)
    return ""


def allows(rules: str, url: str) -> bool:
    """Tell whether the rules let us ask for a page."""
    return Protego.parse(rules).can_fetch(url, PRODUCT)


def _for_us(text: str) -> str:
    """Name every group that is not ours alike: the parser's time grows with agents times rules."""
    kept: list[str] = []
    for line in text.splitlines():
        if agent := _AGENT.match(line):
            token = _TOKEN.match(agent[1])
            name = token[0].lower() if token else ""
            line = f"user-agent: {name if name in (PRODUCT, '*') else 'another'}"
            if kept and kept[-1] == line:
                continue
        kept.append(line)
    return "\n".join(kept)

"""A reply of a site, and what of it may be told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from adapters.errors import BadReply, ReadError
from adapters.saved.jsontext import Json, parse_json, sequence

# Where a title or the words of an error are looked for.
_HEAD = 64 * 1024
_TITLE = re.compile(r"<title[^>]{0,200}>\s*([^<]{1,200})", re.I)
# Where sites put what they say of a problem, the most telling first; "response" is that of Disqus.
_WORDS = ("message", "error_description", "error", "error_type", "reason", "response")
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.I)


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold a reply of the site; `unchanged` says that it is what it was when it was asked for last."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    unchanged: bool = False

    def text(self) -> str:
        """Return the body as text, in the encoding that the reply names, else in UTF-8."""
        named = _CHARSET.search(self.headers.get("Content-Type", ""))
        try:
            return self.body.decode(named[1] if named else "utf-8", "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Json:
        """Return the body, parsed; raises BadReply at anything that is not whole JSON."""
        text = self.text().lstrip("\ufeff \t\r\n")
        if not text:
            raise BadReply(f"{shown(self.url)}: an empty reply where JSON is wanted", status=self.status)
        if text.startswith("<"):
            raise BadReply(f"{shown(self.url)}: a web page{_titled(text)} where JSON is wanted", status=self.status)
        try:
            return parse_json(text)
        except ReadError as error:
            raise BadReply(f"{shown(self.url)}: {error.problem} ({error.place})", status=self.status) from None

    def told(self) -> str:
        """Say whose reply it is, and of which status."""
        return f"{shown(self.url)}: the site answered {self.status}"

    def words(self) -> tuple[str | None, str | None]:
        """Return the site's own code and words for a problem, as far as it has any."""
        text = self.text()[:_HEAD].strip()
        if text.startswith("<"):
            return None, _titled(text).strip(" ()") or None
        try:
            found = parse_json(text)
        except ReadError:
            return None, None
        while isinstance(found, list) and found:
            found = found[0]
        if not isinstance(found, dict):
            return None, None
        inner = found.get("error") or next(iter(sequence(found.get("errors"))), None)
        found = {**found, **inner} if isinstance(inner, dict) else {**found, "error": inner} if inner else found
        words = [found.get(key) for key in ("code", *_WORDS)]
        code, *said = [word if isinstance(word, str | int) else None for word in words]
        first = next((str(word) for word in said if word), None)
        # What Ghost says of the reason.
        if first and isinstance(context := found.get("context"), str):
            first = f"{first} {context}"
        return (str(code) if code is not None else None), (" ".join(first.split())[:200] if first else None)


def shown(url: str) -> str:
    """Return an address as it may be told: without its query, and whatever else may be secret."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"[:300]


def _titled(text: str) -> str:
    found = _TITLE.search(text[:_HEAD])
    return f" ({' '.join(unescape(found[1]).split())[:100]})" if found else ""

"""Addresses as pages give them: relative, without a scheme, or no address at all."""

from urllib.parse import urljoin, urlsplit


def absolute(base: str | None, target: str) -> str | None:
    """Return the whole address of a link on a page, None where it has none."""
    try:
        found = urljoin(base or "", f"https:{target}" if target.startswith("//") else target)
        return found if urlsplit(found).scheme in ("http", "https") and urlsplit(found).hostname else None
    except ValueError:
        return None


def host(url: str | None) -> str | None:
    """Return the host name of an address."""
    try:
        return urlsplit(url).hostname if url else None
    except ValueError:
        return None

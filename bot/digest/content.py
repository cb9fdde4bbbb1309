"""What a digest or an alert says, before it has a form: findings by thread, and what else a moderator should know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from urllib.parse import quote, urlsplit

from sqlalchemy import Connection, Row

from bot.report.comparison import Side, compare, cut, side
from bot.report.excerpt import showable
from bot.store.telling import SEVERITIES, poll_trouble, resolved_since, source_body, unjudged_since, with_places
from rules.markup import render

Kind = Literal["digest", "alert"]

# Mail programs cut what is longer than some 100 kB; so many findings stay below that, however long their passages are.
MOST_SHOWN = 15
_MOST_LISTED = 6
_LONGEST_NAME = 60
_LONGEST_TITLE = 120
_LONGEST_WHY = 400
_LONGEST_URL = 1000


@dataclass(frozen=True, slots=True)
class Link:
    """Be a link that is known to be safe, under a name."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Say whose a passage is and where it stands; `side` is None where the source's words are not at hand."""

    author: str
    where: str
    side: Side | None
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Hold what a rule says of a passage, and the links that decide on it."""

    number: int
    rule: str
    severity: str
    confidence: float
    why: str
    suggestion: str | None
    decisions: Sequence[Link]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Hold a passage as it is shown, with all that rules say of it, the most certain first; `title` is its thread's."""

    author: str
    comment: str
    url: str | None
    posted_at: datetime | None
    title: str
    passage: Side
    origin: Origin | None
    claims: Sequence[Claim]

    @property
    def severity(self) -> str:
        """The gravest of its claims' severities."""
        return max((claim.severity for claim in self.claims), key=SEVERITIES.index)


@dataclass(frozen=True, slots=True)
class Section:
    """Hold the findings of one thread, the most certain first."""

    title: str
    url: str | None
    items: Sequence[Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Name a finding that needs nobody any more, and why."""

    author: str
    rule: str
    reason: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Precision:
    """Count how moderators decided on a rule's findings."""

    rule: str
    confirmed: int
    dismissed: int

    @property
    def share(self) -> float:
        """The share that was confirmed, 0 to 1."""
        return self.confirmed / max(1, self.confirmed + self.dismissed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Hold all that one mail says of one site; times are in the moderator's zone.

    `more` counts, by rule, what is told without being shown; `unjudged` counts by rule and reason.
    """

    kind: Kind
    site: str
    moderator: str
    since: datetime
    made_at: datetime
    sections: Sequence[Section]
    more: Mapping[str, int]
    resolved: Sequence[Settled]
    unjudged: Mapping[tuple[str, str], int]
    trouble: tuple[str, datetime] | None
    precision: Sequence[Precision]
    queue_url: str | None
    unsubscribe_url: str | None

    @property
    def items(self) -> list[Item]:
        """The findings that are shown, the most certain first."""
        return sorted((item for section in self.sections for item in section.items), key=_by_certainty)

    @property
    def findings(self) -> int:
        """How many findings are told, shown or not."""
        return sum(len(item.claims) for item in self.items) + sum(self.more.values())

    @property
    def is_anything(self) -> bool:
        """Tell whether there is something that a moderator should look at."""
        return bool(self.findings or self.unjudged or self.trouble)


class Links(Protocol):
    """Make the links of a mail; each is None, or there are none, where no public address is configured."""

    def decisions(self, row: Row[Any], moderator: str) -> Sequence[Link]:
        """Return the links that decide on a finding of `with_places`."""

    def queue(self, site: str) -> str | None:
        """Return the page with a site's open findings."""

    def unsubscribe(self, site: str, moderator: str) -> str | None:
        """Return the page that ends a site's mails to a moderator."""


class NoLinks:
    """Make no links: there is no public address."""

    def decisions(self, row: Row[Any], moderator: str) -> Sequence[Link]:
        """Return none."""
        return ()

    def queue(self, site: str) -> str | None:
        """Return none."""
        return None

    def unsubscribe(self, site: str, moderator: str) -> str | None:
        """Return none."""
        return None


def compose(
    connection: Connection,
    kind: Kind,
    *,
    site: str,
    site_number: int,
    moderator: str,
    findings: Sequence[int],
    rules: Mapping[str, int],
    since: datetime,
    now: datetime,
    links: Links,
    precision: Sequence[Precision] = (),
) -> Digest:
    """Read what a mail says from the store.

    `findings` are the numbers of those to tell, the gravest first; `rules` counts them by rule. `now`, in the
    moderator's zone, is the mail's time.
    """
    is_digest = kind == "digest"
    rows = with_places(connection, findings[:MOST_SHOWN])
    trouble = poll_trouble(connection, site_number) if is_digest else None
    resolved = resolved_since(connection, site_number, moderator, since=since) if is_digest else ()
    return Digest(
        kind=kind,
        site=named(site),
        moderator=moderator,
        since=since.astimezone(now.tzinfo),
        made_at=now,
        sections=_sections(connection, rows, moderator, now, links),
        more=Counter(rules) - Counter(row.rule for row in rows),
        resolved=[_settled(row) for row in resolved],
        unjudged=unjudged_since(connection, site_number, since=since) if is_digest else {},
        trouble=trouble and (cut(named(trouble[0], 300), 300), trouble[1].astimezone(now.tzinfo)),
        precision=precision if is_digest else (),
        queue_url=links.queue(site),
        unsubscribe_url=links.unsubscribe(site, moderator),
    )


def listed(settled: Sequence[Settled]) -> Sequence[Settled]:
    """Return those that are named one by one."""
    return settled[:_MOST_LISTED]


def named(text: str | None, longest: int = _LONGEST_NAME) -> str:
    """Return a name, title or other short text from outside as one line that can be shown."""
    return cut(" ".join(showable(text or "").split()), longest)


def safe_url(url: str | None) -> str | None:
    """Return a URL that may be linked: of the web, without a name before the host, in characters of URLs only."""
    if not url or len(url) > _LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.password is not None:
        return None
    rest = url.partition("://")[2]
    rest = rest[min((at for at in (rest.find(mark) for mark in "/?#") if at >= 0), default=len(rest)) :]
    return f"{parts.scheme}://{host}{port}{quote(rest, safe=_URL_SAFE, errors='replace')}"


_URL_SAFE = "/?#[]@!$&'()*+,;=:%-._~"


def _sections(
    connection: Connection, rows: Sequence[Row[Any]], moderator: str, now: datetime, links: Links
) -> list[Section]:
    by_passage: dict[tuple[int, int, int], list[Row[Any]]] = {}
    for row in rows:
        by_passage.setdefault((row.comment_id, row.start, row.end), []).append(row)
    by_thread: dict[int, list[Item]] = {}
    urls: dict[int, str | None] = {}
    for about in by_passage.values():
        post = about[0].post_id
        urls[post] = safe_url(about[0].thread_url)
        by_thread.setdefault(post, []).append(_item(connection, about, moderator, now, links))
    sections = [
        Section(items[0].title, urls[post], sorted(items, key=_by_certainty)) for post, items in by_thread.items()
    ]
    return sorted(sections, key=lambda section: _by_certainty(section.items[0]))


def _by_certainty(item: Item) -> tuple[float, int]:
    return -item.claims[0].confidence, item.claims[0].number


def _item(connection: Connection, about: Sequence[Row[Any]], moderator: str, now: datetime, links: Links) -> Item:
    row = max(about, key=lambda one: one.source is not None and one.source["start"] is not None)
    text = render(row.body, row.format).text
    span = (min(row.start, len(text)), min(row.end, len(text)))
    passage, origin = side(text, *span), None
    if row.source is not None and row.source["kind"] != "unknown":
        found = source_body(connection, row)
        source_span = row.source["start"], row.source["end"]
        beside = None
        if found is not None and None not in source_span:
            source = render(found[0], found[1]).text
            if source_span[1] <= len(source):
                passage, beside = compare(text, span, source, source_span)
        origin = _origin(row.source, beside)
    claims = [
        Claim(
            number=one.id,
            rule=one.rule,
            severity=one.severity,
            confidence=one.confidence,
            why=named(one.message, _LONGEST_WHY),
            suggestion=named(one.suggestion, _LONGEST_WHY) or None,
            decisions=links.decisions(one, moderator),
        )
        for one in sorted(about, key=lambda one: (-one.confidence, one.id))
    ]
    return Item(
        author=named(row.author) or "no name",
        comment=named(row.comment, 40),
        url=safe_url(row.url),
        posted_at=row.posted_at and row.posted_at.astimezone(now.tzinfo),
        title=named(row.title, _LONGEST_TITLE) or named(row.thread, _LONGEST_TITLE),
        passage=passage,
        origin=origin,
        claims=claims,
    )


def _origin(source: Mapping[str, Any], beside: Side | None) -> Origin:
    url = safe_url(source["url"])
    host = urlsplit(url).hostname if url else None
    match source["kind"]:
        case "post":
            where = "the post"
        case "comment":
            where = f"comment {named(source['id'], 40)}"
        case "archive":
            where = "another thread"
        case _:
            where = f"the page at {host}" if host else "elsewhere"
    return Origin(author=named(source["author"]), where=where, side=beside, url=url)


def _settled(row: Row[Any]) -> Settled:
    return Settled(
        author=named(row.author) or "somebody",
        rule=row.rule,
        reason=row.resolved_reason,
        title=named(row.title, _LONGEST_TITLE) or named(row.thread, _LONGEST_TITLE),
        url=safe_url(row.url),
    )

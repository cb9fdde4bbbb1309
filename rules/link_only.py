"""A comment that is nothing but links.

Reports a comment that has a link and no words of its own about it, and says of which kind it is: a bare link, a list
of links, a link under its own title, a link with an empty word ("this", "see here", "hier", "voilà", "mira", "вот"), a
picture or a video, a trackback. It also says when somebody has posted the link before (and whether only tracking
parameters differ), when a shortener hides where it leads, and when the host is named like the comment's author.

A sentence of its own about the link, however short, makes a comment more than a link. So does an answer ("No.", "Fixed
in …") and anything above `max_words` words that say something. Quotations do not count as own words. A link is welcome
when the comment answered asks for one, unless `welcome_answers` is false, when all links lead to `allowed_hosts`, and
when the comment is by one of `trusted_authors`. A picture that lies on the site itself is a part of the comment.

Blogs set the titles of pages that link to a post among its comments, with the link under the author's name, where this
rule does not see it. Such a title alone is reported too, unless `trackbacks` is false.

Reported::

    Ann: https://dams.example/report

Reported::

    Ann: this! https://dams.example/report

Reported::

    Ann: Council Votes to Keep the Old Dam https://dams.example/2017/11/04/17

Reported::

    Ann: The engineers measured the wall last spring, their figures are in https://dams.example/report
    Ben: see also https://dams.example/report?utm_source=mail

Not reported::

    Ann: The engineers measured the wall last spring, their figures are in https://dams.example/report

Not reported::

    Ann: Do you have a source for that?
    Ben: https://dams.example/report

Not reported::

    Ann: No. https://dams.example/report
"""

from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity, Source
from rules.links.identity import Address, address
from rules.links.lexicon import asks_for_link
from rules.links.residue import Residue, find_residue
from rules.links.trackback import is_title_of_trackback
from rules.rule import Context, RuleOptions
from rules.view import Entry, same_author

ID = "link-only"
VERSION = 2
SEVERITY: Severity = "info"

_TITLE_ALONE = "Nothing but a title, as the trackback of another page leaves it."
# What a trackback's notice may say besides the link.
_NOTICE_WORDS = 12


class Options(RuleOptions):
    """Hold the options of this rule."""

    max_words: int = Field(2, ge=0, description="words of its own that still leave a comment link-only")
    allowed_hosts: tuple[str, ...] = Field((), description="links to these hosts, and to hosts below them, are welcome")
    trusted_authors: tuple[str, ...] = Field((), description="whose comments are passed over")
    welcome_answers: bool = Field(True, description="false reports a link that was asked for too")
    trackbacks: bool = Field(True, description="false passes over trackbacks, with a link or as a title alone")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for a comment of links alone."""
    residue = find_residue(comment.document)
    if residue is None:
        is_found = options.trackbacks and _is_bare_trackback(comment, context)
        message, confidence, source = _TITLE_ALONE, 0.75, None
    else:
        is_found = _is_link_only(residue, options) and not _is_welcome(comment, residue, context, options)
        confidence = 0.95 if not residue.words else 0.9 if residue.is_titled else 0.8
    if not is_found or _is_trusted(comment, options):
        return
    if residue is not None:
        message, source = _explain(comment, residue, context)
    text = comment.document.text
    start = len(text) - len(text.lstrip())
    yield Report(start=start, end=max(start, len(text.rstrip())), confidence=confidence, message=message, source=source)


def score(comment: Entry, context: Context, options: Options) -> float:
    """Return 1 for a comment of links alone, falling with each word of its own, 0 without a link."""
    residue = find_residue(comment.document)
    if residue is None:
        return 0.7 if options.trackbacks and _is_bare_trackback(comment, context) else 0.0
    sureness = 1 / (1 + len(residue.words) / 3 / residue.lines)
    return round(min(sureness, 0.4) if residue.is_statement and not residue.is_trackback else sureness, 4)


def _is_link_only(residue: Residue, options: Options) -> bool:
    if residue.is_trackback and len(residue.words) <= _NOTICE_WORDS:
        return options.trackbacks
    return not residue.is_statement and len(residue.words) <= options.max_words * residue.lines


def _is_bare_trackback(comment: Entry, context: Context) -> bool:
    return is_title_of_trackback(comment, context.view.entries[0], site=context.view.thread.site or "")


def _is_trusted(comment: Entry, options: Options) -> bool:
    name = (comment.author or "").strip().casefold()
    return bool(name) and name in (trusted.strip().casefold() for trusted in options.trusted_authors)


def _is_welcome(comment: Entry, residue: Residue, context: Context, options: Options) -> bool:
    if options.allowed_hosts:
        hosts = frozenset(host.casefold().removeprefix("www.") for host in options.allowed_hosts)
        if all((link := address(url)) is not None and link.is_at(hosts) for url in residue.urls):
            return True
    answered = context.view.parent(comment) or context.view.entries[context.view.before[comment.number]]
    is_asked = not answered.is_post and not same_author(answered, comment) and asks_for_link(answered.document.text)
    return options.welcome_answers and is_asked


def _explain(comment: Entry, residue: Residue, context: Context) -> tuple[str, Source | None]:
    """Return the finding's message, and where the link was posted first."""
    addresses = [link for url in residue.urls if (link := address(url)) is not None]
    notes = []
    source = None
    for link in addresses[:20]:
        if first := context.links.first(link, before=comment):
            source = Source(
                kind="post" if first.entry.is_post else "comment",
                id=first.entry.id,
                author=first.entry.author,
                start=first.start,
                end=first.end,
            )
            notes.append(_note_of_repeat(comment, first.entry, differs=link.tracking != first.address.tracking))
            break
    if any(link.is_shortened for link in addresses):
        hosts = ", ".join(dict.fromkeys(link.host for link in addresses if link.is_shortened))
        notes.append(f"{hosts} hides where it leads")
    if comment.author and any(link.is_named(comment.author) for link in addresses[:20]):
        notes.append("the host is named like its author")
    return "; ".join([f"Nothing but {_kind(residue, addresses)}", *notes]) + ".", source


def _note_of_repeat(comment: Entry, first: Entry, *, differs: bool) -> str:
    if first.is_post:
        who = "the post has"
    elif same_author(first, comment):
        who = "its author had posted"
    else:
        who = f"{first.author or 'somebody'} had posted"
    return f"{who} it before" + (", with other tracking parameters" if differs else "")


def _kind(residue: Residue, addresses: list[Address]) -> str:
    count = len(residue.urls)
    if residue.is_trackback:
        return "a trackback"
    if residue.images == count:
        hosts = list(dict.fromkeys(link.host for link in addresses))
        return ("an image" if count == 1 else f"{count} images") + (f" from {', '.join(hosts[:3])}" if hosts else "")
    links = "a link" if count == 1 else f"{count} links"
    if len(addresses) == count and all(link.is_media for link in addresses):
        links += " to a picture, a video or a sound" if count == 1 else " to pictures, videos or sounds"
    if residue.is_titled:
        return f"{links} under {'its own title' if count == 1 else 'titles'}"
    return f"{links} and “{residue.beside}”" if residue.beside else links

"""Where the links of mails lead: the page shows what a link would do, and its button does it. No login, no cookie."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.decisions import Decided, Decision, DismissReason, Stale, allow_like, decide, history, standing_decision, undo
from bot.links import Kind, Link, LinkError, read
from bot.review.cards import Card, cards
from bot.review.language import mark as _
from bot.review.visit import Visit, begin_visit, number
from bot.store.allowances import Kind as AllowanceKind
from bot.store.errors import StoreError

SNOOZES = (1, 7, 30)
_MOST_FIELDS = 20

_WORDS: dict[Kind, tuple[int, str, str]] = {
    "forged": (
        404,
        _("This link is not whole"),
        _("It was cut or changed on its way. Open it from the mail once more, or copy all of it."),
    ),
    "expired": (410, _("This link has run out"), _("Decide on the review page, or from a newer mail.")),
    "stranger": (403, _("This link is nobody's any more"), _("Its moderator no longer looks after this site.")),
    "used": (410, _("This link was used before"), _("Its decision has been taken back since. Use another link.")),
    "stale": (
        409,
        _("The comment was changed since"),
        _("The mail is about other words than stand there now. Have a look, and decide on the review page."),
    ),
    "forgotten": (410, _("The comment was forgotten on request"), _("There is nothing left to decide.")),
}


def show(visit: Visit) -> Response:
    """Show what a link would do, or what it did; nothing changes."""
    link, card = _opened(visit)
    with visit.store.read() as connection:
        told = history(connection, link.finding)
        standing = standing_decision(connection, link.finding)
    if any(row.link == link.digest for row in told):
        own = next((row for row in told if row.link == link.digest and standing and row.id == standing.id), None)
        if own is None:
            raise LinkError("used")
        return _page(visit, link, card, decision=standing)
    if card.row.hash != link.revision:
        raise LinkError("stale" if card.row.hash else "forgotten")
    other = standing if standing is not None and standing.verdict != "snoozed" else None
    return _page(visit, link, card, other=other)


def act(visit: Visit) -> Response:
    """Do what a link is for, or take it back."""
    link, card = _opened(visit)
    if (taken := number(visit.field("undo"))) is not None:
        return _undo(visit, link, taken)
    with visit.store.write() as connection:
        told = history(connection, link.finding)
        if any(row.link == link.digest for row in told):
            decided = None
        else:
            try:
                decided = _decide(visit, connection, link, card)
            except Stale as stale:
                raise LinkError("stale" if stale.kind == "edited" else "forgotten") from stale
    if decided is None:
        # Used already, perhaps by a second click: shown as it stands.
        return show(visit)
    link, card = _opened(visit)
    if decided.is_new:
        return _page(visit, link, card, decision=decided.decision)
    return _page(visit, link, card, other=decided.decision)


def _decide(visit: Visit, connection: Connection, link: Link, card: Card) -> Decided:
    said: dict[str, Any] = {
        "moderator": link.moderator,
        "now": visit.now,
        "note": visit.field("note", longest=2000) or None,
        "revision": link.revision,
        "link": link.digest,
    }
    if link.action == "allow":
        kind = _one_of(visit.field("kind"), _kinds(card))
        return allow_like(connection, link.finding, kind, every_rule=visit.field("every") == "yes", **said)
    said |= {"replace": visit.field("replace") == "yes", "config": visit.review.config}
    if link.action == "confirm":
        return decide(connection, link.finding, "confirmed", **said)
    if link.action == "snooze":
        days = _one_of(visit.field("days"), [str(days) for days in SNOOZES])
        return decide(connection, link.finding, "snoozed", until=visit.now + timedelta(days=int(days)), **said)
    reason: DismissReason = _one_of(visit.field("reason"), get_args(DismissReason))
    return decide(connection, link.finding, "dismissed", reason=reason, **said)


def _undo(visit: Visit, link: Link, decision: int) -> Response:
    """Take back what this link did, and nothing else."""
    with visit.store.write() as connection:
        told = history(connection, link.finding)
        if not any(row.id == decision and row.link == link.digest for row in told):
            raise LinkError("forged")
        try:
            undo(connection, decision, moderator=link.moderator, now=visit.now)
        except StoreError as error:
            raise LinkError("used") from error
    link, card = _opened(visit)
    return _page(visit, link, card, is_undone=True)


def _opened(visit: Visit) -> tuple[Link, Card]:
    """Return a link and the finding that it is for; raises LinkError."""
    review = visit.review
    link = read(review.link_key, visit.request.path_params["token"], now=visit.now)
    with visit.store.read() as connection:
        found = cards(connection, [link.finding], visit.language)
    if not found:
        raise LinkError("forged")
    moderator = review.config.moderators.get(link.moderator)
    if moderator is None or not moderator.looks_after(found[0].row.site):
        raise LinkError("stranger")
    return link, found[0]


def _page(
    visit: Visit,
    link: Link,
    card: Card,
    *,
    decision: Decision | None = None,
    other: Decision | None = None,
    is_undone: bool = False,
) -> Response:
    return visit.render(
        "decision.html",
        link=link,
        card=card,
        decision=decision,
        other=other,
        is_undone=is_undone,
        reasons=get_args(DismissReason),
        kinds=_kinds(card),
        snoozes=SNOOZES,
    )


def _kinds(card: Card) -> list[AllowanceKind]:
    """Return what can be named of a comment; of one that was deleted only its thread is known."""
    known: dict[AllowanceKind, object] = {"author": card.row.author, "thread": True, "phrase": card.row.excerpt}
    return [kind for kind, is_known in known.items() if is_known]


def _one_of(value: str, known: Any) -> Any:
    """Return what was chosen, the first where nothing was that there is."""
    return value if value in known else known[0]


def _endpoint(handler: Callable[[Visit], Response], *, has_form: bool) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        visit = await run_in_threadpool(begin_visit, request)
        # The link itself is what the form must carry.
        visit.new_cookie = None
        if has_form:
            visit.form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        return await run_in_threadpool(_kindly, handler, visit)

    return endpoint


def _kindly(handler: Callable[[Visit], Response], visit: Visit) -> Response:
    try:
        return handler(visit)
    except LinkError as error:
        status, title, text = _WORDS[error.kind]
        language = visit.language
        return visit.render("error.html", status=status, title=language.text(title), text=language.text(text))


routes: list[BaseRoute] = [
    Route("/d/{token}", _endpoint(show, has_form=False), methods=["GET"], name="show_link"),
    Route("/d/{token}", _endpoint(act, has_form=True), methods=["POST"], name="follow_link"),
]

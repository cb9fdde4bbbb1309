"""The end of mails: the page that a mail's last link leads to, and the one click of mail programs (RFC 8058)."""

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.digest.links import read_unsubscribe
from bot.review.language import mark as _
from bot.review.visit import Visit, begin_visit
from bot.store.audit import note_audit
from bot.store.mails import subscribe, unsubscribe, unsubscribed_sites
from bot.store.sites import site_number

_MOST_FIELDS = 20


def show(visit: Visit) -> Response:
    """Show what ends, or has ended; nothing changes, since programs open links to look at them."""
    return _page(visit)


def act(visit: Visit) -> Response:
    """End the mails about a site, or all mails, or begin them again; whoever says nothing ends those about the site."""
    found = read_unsubscribe(visit.review.link_key, visit.request.path_params["token"])
    if found is None:
        return _page(visit)
    moderator, site = found
    with visit.store.write() as connection:
        number = site_number(connection, site)
        match visit.field("do"):
            case "again":
                subscribe(connection, moderator, None)
                what = "subscribed"
            case "all":
                unsubscribe(connection, moderator, None, now=visit.now)
                what = "unsubscribed from all"
            case _:
                if number is not None:
                    unsubscribe(connection, moderator, number, now=visit.now)
                what = "unsubscribed"
        note_audit(connection, what, who=moderator, now=visit.now, site=number)
    return _page(visit)


def _page(visit: Visit) -> Response:
    found = read_unsubscribe(visit.review.link_key, visit.request.path_params["token"])
    if found is None:
        title, text = _("This link is not whole"), _("It was cut on its way. Open it from the mail once more.")
        say = visit.language.text
        return visit.render("error.html", status=404, title=say(title), text=say(text))
    moderator, site = found
    with visit.store.read() as connection:
        ended = unsubscribed_sites(connection, moderator)
        number = site_number(connection, site)
    return visit.render(
        "unsubscribe.html", moderator=moderator, site=site, has_ended=number in ended, have_all_ended=None in ended
    )


def _endpoint(handler: Callable[[Visit], Response], *, has_form: bool) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        visit = await run_in_threadpool(begin_visit, request)
        # The link itself is what the form must carry.
        visit.new_cookie = None
        if has_form:
            visit.form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        return await run_in_threadpool(handler, visit)

    return endpoint


routes: list[BaseRoute] = [
    Route("/unsubscribe/{token}", _endpoint(show, has_form=False), methods=["GET"], name="show_unsubscribe"),
    Route("/unsubscribe/{token}", _endpoint(act, has_form=True), methods=["POST"], name="unsubscribe"),
]

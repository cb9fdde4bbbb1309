"""The review page as one application: its pages, and the routes that mails lead to."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from bot.config import Config
from bot.review import accounts, finding, links, people, queue, rules, sites, thread, unsubscribe
from bot.review.language import Language
from bot.review.security import Seal, Shield
from bot.review.visit import Review, Visit, begin_visit
from bot.store.database import Store
from bot.store.errors import StoreError
from bot.store.keys import LINKS, signing_key

_log = structlog.get_logger("review")


def build_app(
    store: Store,
    config: Config,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """Return the application over an open store."""
    with store.write() as connection:
        key = signing_key(connection, "sessions", now=clock())
        link_key = signing_key(connection, LINKS, now=clock())
    app = Starlette(
        routes=[
            *queue.routes,
            *finding.routes,
            *thread.routes,
            *sites.routes,
            *rules.routes,
            *people.routes,
            *accounts.routes,
            *links.routes,
            *unsubscribe.routes,
            Mount("/static", StaticFiles(packages=[("bot.review", "static")])),
        ],
        middleware=[
            Middleware(Shield),
            Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(config), www_redirect=False),
        ],
        exception_handlers={HTTPException: _refused, StoreError: _unreachable, Exception: _failed},
    )
    app.state.review = Review(store=store, config=config, seal=Seal(key), link_key=link_key, clock=clock)
    return app


def _hosts(config: Config) -> list[str]:
    """Return the names that the page answers to: another's page must not reach it under a name of its own."""
    public = urlsplit(config.web.url or "").hostname
    if config.web.host in ("0.0.0.0", "::") and public is None:  # noqa: S104  # compared, not listened at
        return ["*"]
    known = {"127.0.0.1", "localhost", "[::1]", "::1", config.web.host, f"[{config.web.host}]"}
    return sorted(known | ({public} if public else set()))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # it is registered for no other
    return await run_in_threadpool(_told, request, error.status_code, error.detail == "form")


async def _unreachable(request: Request, error: Exception) -> Response:
    _log.error("the store could not be used", error=str(error))
    return await run_in_threadpool(_told, request, 503)


async def _failed(request: Request, error: Exception) -> Response:
    _log.error("a page failed", path=request.url.path, exc_info=error)
    return await run_in_threadpool(_told, request, 500)


def _told(request: Request, status: int, is_form: bool = False) -> Response:
    try:
        visit = begin_visit(request)
    except StoreError:
        review: Review = request.app.state.review
        visit = Visit(request=request, review=review, token="", person=None, now=review.clock())
    title, text = _texts(visit.language, status, is_form=is_form)
    return visit.render("error.html", status=status, title=title, text=text)


def _texts(language: Language, status: int, *, is_form: bool) -> tuple[str, str]:
    _ = language.text
    if is_form:
        return _("That form is too old"), _("Go back, load the page anew and try again; cookies must be allowed.")
    known = {
        400: (_("That makes no sense here"), _("Go back, load the page anew and try again.")),
        403: (_("That is not yours to do"), _("Your account has no right to it. Ask an administrator.")),
        404: (_("Nothing is here"), _("The page does not exist, or is of a site that is not yours.")),
        413: (_("That is too long"), _("Go back, and send less at once.")),
        405: (_("Nothing is here"), _("This address only takes what a form sends.")),
        503: (_("The store cannot be reached"), _("Nothing was lost. Try again in a moment.")),
    }
    return known.get(status, (_("Something went wrong"), _("It was written to the log. Try again.")))

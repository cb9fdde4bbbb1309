"""One request to the review page: who makes it, in which language, and how it is answered."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.config import Config
from bot.review.language import Language, chosen
from bot.review.security import COOKIE, TOLD, Seal, kept_token, new_token
from bot.review.templating import environment
from bot.store.database import Store
from bot.store.people import ROLES, Person, Role, note_seen, session_of
from bot.store.types import storable

_SEEN_EVERY = timedelta(minutes=5)
_COOKIE_SECONDS = 30 * 86_400
_MOST_FIELDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Hold what every request needs."""

    store: Store
    config: Config
    seal: Seal
    link_key: bytes
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_public: bool = False


@dataclass(slots=True, kw_only=True)
class Visit:
    """Be one request, with the form that it brought."""

    request: Request
    review: Review
    token: str
    person: Person | None
    now: datetime
    form: FormData = field(default_factory=FormData)
    new_cookie: str | None = None
    told: dict[str, Any] | None = None

    @property
    def store(self) -> Store:
        """The store that is looked through."""
        return self.review.store

    @property
    def somebody(self) -> Person:
        """Who makes the request; only for pages that want a login."""
        assert self.person is not None  # noqa: S101  # the route has seen to it
        return self.person

    @property
    def language(self) -> Language:
        """The language of whoever reads."""
        wanted = self.person.language if self.person else None
        return chosen(wanted, self.request.headers.get("accept-language", ""))

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.request.client.host if self.request.client else ""

    @property
    def wants_part(self) -> bool:
        """Tell a request for a part of the page, which htmx puts in its place, from one for a page."""
        return self.request.headers.get("hx-request") == "true"

    def field(self, name: str, *, longest: int = 200) -> str:
        """Return a field of the form, without its ends' spaces, '' when it is missing."""
        value = self.form.get(name)
        return storable(value.strip()[:longest]) if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        """Return all the values that the form has for a field."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def render(
        self, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
    ) -> Response:
        """Return a page."""
        page = environment(self.language.code).get_template(template)
        told = self.review.seal.message(self.request.cookies.get(TOLD)) if not self.wants_part else None
        text = page.render(
            visit=self, person=self.person, csrf=self.review.seal.form_token(self.token), told=told, **values
        )
        response = HTMLResponse(text.encode("utf-8", "replace"), status, headers)
        response.headers["Vary"] = "Accept-Language, Cookie, HX-Request"
        if told is not None:
            response.delete_cookie(TOLD)
        return self.sealed(response)

    def redirect(self, path: str, **query: Any) -> Response:
        """Send the browser on to a path of ours."""
        pairs: Iterable[tuple[str, Any]] = [(name, value) for name, value in query.items() if value not in (None, "")]
        return self.sealed(RedirectResponse(path + (f"?{urlencode(list(pairs))}" if pairs else ""), 303))

    def tell(self, text: str, decisions: Sequence[int] = ()) -> None:
        """Have the next page say something, and offer to undo decisions."""
        self.told = {"text": text, "decisions": list(decisions)}

    def log_in(self, token: str | None) -> None:
        """Give the browser another token: a new session's, or nobody's."""
        self.token = token or new_token()
        self.new_cookie = self.review.seal.cookie(self.token)

    def sealed(self, response: Response) -> Response:
        """Return a response with the cookie that goes with it."""
        if self.new_cookie is not None:
            self._set_cookie(response, COOKIE, self.new_cookie, _COOKIE_SECONDS)
        if self.told is not None:
            self._set_cookie(response, TOLD, self.review.seal.signed(self.told), 60)
        return response

    def _set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        secure = self.request.url.scheme == "https"
        response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)

    @property
    def is_exposed(self) -> bool:
        """Tell a visit over a network without encryption."""
        try:
            is_near = ip_address(self.address).is_loopback
        except ValueError:
            is_near = False
        return not is_near and self.request.url.scheme != "https"


def begin_visit(request: Request) -> Visit:
    """Return the visit of a request: the session that its cookie names, if there is one."""
    review: Review = request.app.state.review
    now = review.clock()
    token = review.seal.token(request.cookies.get(COOKIE))
    visit = Visit(request=request, review=review, token=token or new_token(), person=None, now=now)
    if token is None:
        visit.new_cookie = review.seal.cookie(visit.token)
        return visit
    kept = kept_token(token)
    with review.store.read() as connection:
        found = session_of(connection, kept, now=now)
    if found is not None:
        visit.person, seen_at = found
        if now - seen_at > _SEEN_EVERY:
            with review.store.write() as connection:
                note_seen(connection, kept, now=now)
    return visit


def page(path: str, handler: Callable[[Visit], Response], *, least: Role | None = "viewer") -> Route:
    """Return the route of a page that is looked at, by people of that role at least; None is anybody."""

    async def endpoint(request: Request) -> Response:
        visit = await run_in_threadpool(begin_visit, request)
        return await run_in_threadpool(handler, visit) if _may(visit, least) else _log_in_first(visit)

    return Route(path, endpoint, methods=["GET"], name=handler.__name__)


def action(path: str, handler: Callable[[Visit], Response], *, least: Role | None = "moderator") -> Route:
    """Return the route of what a form does, for people of that role at least; the form must be one of ours."""

    async def endpoint(request: Request) -> Response:
        visit = await run_in_threadpool(begin_visit, request)
        visit.form = await request.form(max_files=0, max_fields=_MOST_FIELDS)
        form_token = visit.form.get("csrf")
        wanted = visit.review.seal.form_token(visit.token)
        if not isinstance(form_token, str) or not compare_digest(form_token.encode(), wanted.encode()):
            raise HTTPException(403, "form")
        return await run_in_threadpool(handler, visit) if _may(visit, least) else _log_in_first(visit)

    return Route(path, endpoint, methods=["POST"], name=handler.__name__)


def _may(visit: Visit, least: Role | None) -> bool:
    if least is None:
        return True
    if visit.person is None:
        return False
    if ROLES.index(visit.person.role) < ROLES.index(least):
        raise HTTPException(403)
    return True


def _log_in_first(visit: Visit) -> Response:
    if visit.wants_part:
        # htmx follows this with the whole page.
        return visit.sealed(Response(status_code=401, headers={"HX-Redirect": "/login"}))
    url = visit.request.url
    here = url.path + (f"?{url.query}" if url.query else "")
    return visit.redirect("/login", next=here if visit.request.method == "GET" and here != "/" else None)


def number(text: str | None) -> int | None:
    """Return the number of a row that a browser sent, None where it is none."""
    return int(text) if text and len(text) <= 18 and text.isascii() and text.isdecimal() else None


def own_path(path: str) -> str:
    """Return a path of ours to go to, `/` for anything that leads elsewhere."""
    leads_away = not path.startswith("/") or path.startswith(("//", "/\\")) or any(ord(sign) < 33 for sign in path)
    return "/" if leads_away else quote(path, safe="/?&=%+,:;@!~*'()-._")

"""Logging in, the first account, and what people set for themselves."""

import unicodedata
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.review.language import languages
from bot.review.security import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    hash_password,
    is_password,
    kept_token,
    new_token,
)
from bot.review.visit import Visit, action, own_path, page
from bot.store.audit import note_audit
from bot.store.errors import StoreError
from bot.store.people import (
    accept,
    account,
    begin_session,
    change_account,
    end_session,
    forget_failures,
    has_people,
    invitation,
    note_failure,
    tries_left,
)

_LONGEST_NAME = 60


def login(visit: Visit) -> Response:
    """Show the form to log in, and before there is any account, how to make the first."""
    if visit.person is not None:
        return visit.redirect("/")
    with visit.store.read() as connection:
        is_new = not has_people(connection)
    return visit.render("login.html", problem=None, name="", is_new=is_new, next=_next(visit))


def log_in(visit: Visit) -> Response:
    """Log somebody in, as often as they may try."""
    name, password = visit.field("name"), str(visit.form.get("password") or "")
    who = {"name": name, "address": visit.address}
    gettext = visit.language.text
    shown: dict[str, Any] = {"name": name, "is_new": False, "next": own_path(visit.field("next", longest=2000) or "/")}
    # The try counts before it is looked at: many at once are no way around the limit.
    with visit.store.write() as connection:
        if not tries_left(connection, **who, now=visit.now):
            problem = gettext("Too many tries. Wait a quarter of an hour, or ask an administrator for a new password.")
            return visit.render("login.html", status=429, problem=problem, headers={"Retry-After": "900"}, **shown)
        note_failure(connection, **who, now=visit.now)
        known = account(connection, name)
    if not is_password(password, known.password if known else None) or known is None:
        return visit.render("login.html", status=401, problem=gettext("This name and password do not match."), **shown)
    token = new_token()
    with visit.store.write() as connection:
        forget_failures(connection, **who)
        end_session(connection, kept_token(visit.token))
        begin_session(connection, kept_token(token), known.id, now=visit.now)
        note_audit(connection, "logged in", who=known.name, now=visit.now, detail={"address": visit.address})
    visit.log_in(token)
    return visit.redirect(shown["next"])


def log_out(visit: Visit) -> Response:
    """End the session."""
    with visit.store.write() as connection:
        end_session(connection, kept_token(visit.token))
    visit.log_in(None)
    return visit.redirect("/login")


def welcome(visit: Visit) -> Response:
    """Show the form that makes an account of an invitation."""
    with visit.store.read() as connection:
        invited = invitation(connection, kept_token(visit.request.path_params["token"]), now=visit.now)
    if invited is None:
        return visit.render("welcome.html", status=404, invited=None, problem=None, name="")
    return visit.render("welcome.html", invited=invited, problem=None, name=invited.name or "")


def make_account(visit: Visit) -> Response:
    """Make an account of an invitation, and log its owner in."""
    gettext = visit.language.text
    password = str(visit.form.get("password") or "")
    with visit.store.read() as connection:
        invited = invitation(connection, kept_token(visit.request.path_params["token"]), now=visit.now)
    if invited is None:
        return visit.render("welcome.html", status=404, invited=None, problem=None, name="")
    name = invited.name or visit.field("name", longest=_LONGEST_NAME + 1)
    problem = None
    if not is_name(name):
        problem = gettext("A name has one to sixty characters, without any that cannot be seen.")
    else:
        problem = _password_problem(visit, password, str(visit.form.get("again") or ""))
    if problem is None:
        kept, token = hash_password(password), new_token()
        try:
            with visit.store.write() as connection:
                number = accept(
                    connection, invited, name=name, password=kept, language=visit.language.code, now=visit.now
                )
                begin_session(connection, kept_token(token), number, now=visit.now)
                note_audit(connection, "made an account", who=name, now=visit.now, detail={"role": invited.role})
        except StoreError:
            problem = gettext("Somebody has that name already: choose another.")
        else:
            visit.log_in(token)
            return visit.redirect("/")
    return visit.render("welcome.html", status=422, invited=invited, problem=problem, name=name)


def account_page(visit: Visit) -> Response:
    """Show what somebody may set for themselves."""
    return visit.render(
        "account.html", problem=None, done=visit.request.query_params.get("done"), languages=languages()
    )


def set_language(visit: Visit) -> Response:
    """Set the language of somebody's pages."""
    code = visit.field("language")
    with visit.store.write() as connection:
        change_account(connection, visit.somebody.id, now=visit.now, language=code if code in languages() else None)
    return visit.redirect("/account", done="language")


def set_password(visit: Visit) -> Response:
    """Set another password, for those who know the old one; it ends their other sessions."""
    person = visit.somebody
    who = {"name": person.name, "address": visit.address}
    with visit.store.write() as connection:
        known = account(connection, person.name)
        may_try = tries_left(connection, **who, now=visit.now)
        note_failure(connection, **who, now=visit.now)
    password = str(visit.form.get("password") or "")
    old = str(visit.form.get("old") or "")
    if not may_try or known is None or not is_password(old, known.password):
        problem: str | None = visit.language.text("Your current password is another one.")
    else:
        problem = _password_problem(visit, password, str(visit.form.get("again") or ""))
    if problem is not None:
        return visit.render("account.html", status=422, problem=problem, done=None, languages=languages())
    kept, token = hash_password(password), new_token()
    with visit.store.write() as connection:
        forget_failures(connection, **who)
        change_account(connection, person.id, now=visit.now, password=kept)
        begin_session(connection, kept_token(token), person.id, now=visit.now)
        note_audit(connection, "set a password", who=person.name, now=visit.now)
    visit.log_in(token)
    return visit.redirect("/account", done="password")


def is_name(name: str) -> bool:
    """Say whether somebody may be called so: nothing in it may turn or hide what stands beside it."""
    return 0 < len(name) <= _LONGEST_NAME and all(_is_seen(sign) for sign in name)


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign)[0] != "C" and sign != "\N{REPLACEMENT CHARACTER}"


def _password_problem(visit: Visit, password: str, again: str) -> str | None:
    if len(password) < SHORTEST_PASSWORD:
        return visit.language.text("A password has %(count)s characters or more.", count=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        return visit.language.text("That password is too long.")
    return None if password == again else visit.language.text("The two passwords differ.")


def _next(visit: Visit) -> str:
    return own_path(visit.request.query_params.get("next") or "/")


routes: list[BaseRoute] = [
    page("/login", login, least=None),
    action("/login", log_in, least=None),
    action("/logout", log_out, least=None),
    page("/welcome/{token}", welcome, least=None),
    action("/welcome/{token}", make_account, least=None),
    page("/account", account_page),
    action("/account/language", set_language, least="viewer"),
    action("/account/password", set_password, least="viewer"),
]

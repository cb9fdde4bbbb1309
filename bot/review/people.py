"""The people's page: accounts, roles, sites, and invitations; and the log of who did what."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.review.accounts import is_name
from bot.review.rights import visible_sites
from bot.review.security import kept_token, new_token
from bot.review.server import address
from bot.review.visit import Visit, action, number, page
from bot.store.audit import audited, note_audit
from bot.store.errors import StoreError
from bot.store.people import ROLES, Person, Role, accounts, change_account, invite

_ACTS = 100


def people(visit: Visit) -> Response:
    """Show everybody with an account."""
    return _people(visit)


def invite_(visit: Visit) -> Response:
    """Invite somebody, or give somebody leave to set a new password; the link is shown this once."""
    name = visit.field("name", longest=61)
    if not is_name(name):
        problem = visit.language.text("A name has one to sixty characters, without any that cannot be seen.")
        return _people(visit, status=422, problem=problem)
    token, role = new_token(), _role(visit)
    with visit.store.write() as connection:
        known = {row.name: row for row in accounts(connection)}.get(name)
        if known is not None and not _is_theirs(visit.somebody, known):
            raise HTTPException(403)
        sites = _sites(visit, visible_sites(connection, visit.somebody))
        invite(connection, kept_token(token), name=name, role=role, sites=sites, now=visit.now)
        note_audit(connection, "invited", who=visit.somebody.name, now=visit.now, detail={"name": name, "role": role})
    return _people(
        visit, link=f"{address(visit.review.config)}/welcome/{token}", invited=name, is_known=known is not None
    )


def change(visit: Visit) -> Response:
    """Change somebody's role or sites, or end or reopen their account."""
    whose = number(visit.request.path_params["number"])
    if whose is None:
        raise HTTPException(404)
    with visit.store.write() as connection:
        row = next((row for row in accounts(connection) if row.id == whose), None)
        if row is None or not _is_theirs(visit.somebody, row):
            raise HTTPException(404)
        values: dict[str, Any] = {
            "role": _role(visit),
            "sites": _sites(visit, visible_sites(connection, visit.somebody)),
            "disabled": visit.field("disabled") == "yes",
        }
        try:
            change_account(connection, whose, now=visit.now, **values)
        except StoreError:
            visit.tell(visit.language.text("The last administrator of all sites must stay one."))
        else:
            detail = {**values, "name": row.name, "sites": values["sites"] and sorted(values["sites"])}
            note_audit(connection, "changed an account", who=visit.somebody.name, now=visit.now, detail=detail)
            visit.tell(visit.language.text("%(name)s: changed.", name=row.name))
    return visit.redirect("/people")


def log(visit: Visit) -> Response:
    """Show who did what, the newest first."""
    with visit.store.read() as connection:
        before = number(visit.request.query_params.get("before"))
        names = visible_sites(connection, visit.somebody)
        rows = audited(connection, limit=_ACTS + 1, before=before)
    if visit.somebody.sites is not None:
        rows = [row for row in rows if row.site in names]
    return visit.render("log.html", rows=rows[:_ACTS], after=rows[_ACTS - 1].id if len(rows) > _ACTS else None)


def _people(
    visit: Visit,
    *,
    status: int = 200,
    link: str | None = None,
    invited: str = "",
    is_known: bool = False,
    problem: str | None = None,
) -> Response:
    with visit.store.read() as connection:
        rows = [row for row in accounts(connection) if _is_theirs(visit.somebody, row)]
        names = visible_sites(connection, visit.somebody)
    return visit.render(
        "people.html",
        status=status,
        rows=rows,
        roles=ROLES,
        sites=list(names),
        link=link,
        invited=invited,
        is_known=is_known,
        problem=problem,
    )


def _is_theirs(person: Person, row: Row[Any]) -> bool:
    """Tell whether an account is one to look after: whoever has some sites only looks after those of no others."""
    return person.sites is None or (row.sites is not None and person.sites >= set(row.sites))


def _role(visit: Visit) -> Role:
    role = visit.field("role")
    if role not in ROLES:
        raise HTTPException(400)
    return role


def _sites(visit: Visit, names: Mapping[str, int]) -> frozenset[str] | None:
    """Return the sites chosen; nobody gives away what is not theirs."""
    if visit.field("all") == "yes" and visit.somebody.sites is None:
        return None
    return frozenset(visit.fields("site")) & names.keys()


routes: list[BaseRoute] = [
    page("/people", people, least="admin"),
    page("/people/log", log, least="admin"),
    action("/people/invite", invite_, least="admin"),
    action("/people/{number}", change, least="admin"),
]

"""Which comments are to be forgotten on request, and how they are marked."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select, update

from bot.store.allowances import disallow
from bot.store.tables import allowances, comments, decisions, findings, sites
from bot.store.threads import chunks

# As many as one transaction erases: a longer one would hold up the polls.
BATCH = 200


def to_forget(
    connection: Connection,
    *,
    site: str | None = None,
    author: str | None = None,
    comment: str | None = None,
    before: datetime | None = None,
) -> dict[str, list[str]]:
    """Return the ids, by site, of comments that everything given is true of and that are not forgotten yet.

    Of comments that are erased already nobody knows the author.
    """
    query = (
        select(sites.c.name, comments.c.platform_id)
        .join_from(comments, sites, sites.c.id == comments.c.site_id)
        .where(~comments.c.forgotten)
        .order_by(sites.c.name, comments.c.id)
    )
    if site is not None:
        query = query.where(sites.c.name == site)
    if author is not None:
        query = query.where(comments.c.author == author, comments.c.site_id.in_(select(sites.c.id)))
    if comment is not None:
        query = query.where(comments.c.platform_id == comment)
    if before is not None:
        query = query.where(comments.c.placed_at < before, comments.c.site_id.in_(select(sites.c.id)))
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.name, []).append(row.platform_id)
    return found


def forget_allowances(connection: Connection, author: str, *, site: str | None = None, now: datetime) -> int:
    """Take back the allowances that name an author; return how many there were."""
    query = select(allowances.c.id).join(sites).where(allowances.c.kind == "author", allowances.c.value == author)
    if site is not None:
        query = query.where(sites.c.name == site)
    numbers = connection.execute(query).scalars().all()
    for number in numbers:
        disallow(connection, number, moderator=None, now=now)
    return len(numbers)


def mark_forgotten(connection: Connection, site: int, ids: Collection[str]) -> int:
    """Note that comments are never to be kept again, and drop their hashes; return how many there were."""
    marked = 0
    for chunk in chunks(ids):
        done = connection.execute(
            update(comments)
            .where(comments.c.site_id == site, comments.c.platform_id.in_(chunk), ~comments.c.forgotten)
            .values(forgotten=True, hash="", status=None, parent_id=None)
        )
        # What moderators noted may hold words and names.
        numbers = select(comments.c.id).where(comments.c.site_id == site, comments.c.platform_id.in_(chunk))
        of_these = select(findings.c.id).where(findings.c.comment_id.in_(numbers))
        connection.execute(update(decisions).where(decisions.c.finding_id.in_(of_these)).values(note=None))
        marked += done.rowcount
    return marked

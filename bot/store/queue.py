"""The review queue: findings of a state, newest first, a page at a time, however many there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, union_all

from bot.store.findings import State
from bot.store.tables import comments, findings, posts, sites

# Each site and rule that is asked for is walked by an index of its own, as far as one page needs.
_MOST_WALKS = 400


def queued(
    connection: Connection,
    *,
    state: State = "open",
    limit: int,
    site_ids: Sequence[int] | None = None,
    rules: Sequence[str] = (),
    least: float = 0.0,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
) -> Sequence[Row[Any]]:
    """Return findings, newest first, each with its comment, thread and site.

    `site_ids` are the sites that may be seen, None is all of them; `rules` those that are asked for, none is all;
    `least` is the least confidence; they were found from `since` to before `until`; `before` is the id of the last
    finding of the page before.
    """
    if site_ids is not None and not site_ids:
        return []
    walk = select(findings.c.id).where(findings.c.state == state)
    if least > 0:
        walk = walk.where(findings.c.confidence >= least)
    # Ids grow with the time of finding: a bound of one is a bound of the other, and the walk stops there.
    if since is not None:
        walk = walk.where(findings.c.id >= _first_since(since), findings.c.found_at >= since)
    if until is not None:
        walk = walk.where(findings.c.found_at < until)
    if before is not None:
        walk = walk.where(findings.c.id < before)
    walk = walk.order_by(findings.c.id.desc()).limit(limit)
    walks = _split(walk, site_ids, rules)
    if len(walks) == 1:
        page = walks[0].subquery()
    else:
        every = union_all(*(select(one.subquery()) for one in walks)).subquery()
        page = select(every.c.id).order_by(every.c.id.desc()).limit(limit).subquery()
    query = (
        select(
            findings,
            sites.c.name.label("site"),
            posts.c.id.label("post_number"),
            posts.c.platform_id.label("thread"),
            posts.c.title,
            posts.c.url.label("thread_url"),
            comments.c.platform_id.label("comment"),
            comments.c.author,
            comments.c.url,
            comments.c.posted_at,
            comments.c.hash.label("revision"),
            comments.c.deleted_at,
        )
        .join_from(page, findings, findings.c.id == page.c.id)
        .join(comments, comments.c.id == findings.c.comment_id)
        .join(posts, posts.c.id == comments.c.post_id)
        .join(sites, sites.c.id == findings.c.site_id)
        .order_by(findings.c.id.desc())
    )
    return connection.execute(query).all()


def _first_since(since: datetime) -> Any:
    return (
        select(findings.c.id)
        .where(findings.c.found_at >= since)
        .order_by(findings.c.found_at, findings.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _split(walk: Select[Any], site_ids: Sequence[int] | None, rules: Sequence[str]) -> list[Select[Any]]:
    """Return a walk for each site and rule, or fewer with a condition where those would be too many."""
    if site_ids is not None and len(site_ids) * max(1, len(rules)) > _MOST_WALKS:
        walk, site_ids = walk.where(findings.c.site_id.in_(site_ids)), None
    by_site = [walk] if site_ids is None else [walk.where(findings.c.site_id == site) for site in site_ids]
    return [one.where(findings.c.rule == rule) for one in by_site for rule in rules] if rules else by_site

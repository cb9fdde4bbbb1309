"""The budget of a rule over a site in the store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bot.budget import allowed
from bot.judging import Judged
from bot.store.tables import comments, findings


def within_budget(
    connection: Connection,
    site: int,
    shares: Mapping[str, float],
    judged: Mapping[int, Judged],
    kept: Mapping[int, Sequence[Row[Any]]],
) -> Mapping[int, Judged]:
    """Return what the rules said of comments, by their numbers, with what is over a rule's share made quiet.

    A comment's finding is over it when the comments before it have used it up, in the order in which they came in: so
    it rests on nothing that comes later, and a finding that was told once stays told, one that was not stays quiet.
    """
    said = dict(judged)
    for rule, share in shares.items():
        reported = sorted(number for number, one in judged.items() if any(f.rule == rule for f in one.findings))
        told = {number for number in reported if any(row.rule == rule and not row.quiet for row in kept[number])}
        for number in reported:
            seen = connection.scalar(_comments_up_to(site, number)) or 0
            earlier = {at for at in told if at < number and at in judged}
            used = (connection.scalar(_told_before(site, rule, number, judged)) or 0) + len(earlier)
            was_over = any(row.rule == rule and row.quiet for row in kept[number])
            if number in told or (used < allowed(share, seen) and not was_over):
                told.add(number)
                continue
            one = said[number]
            over = [finding for finding in one.findings if finding.rule == rule]
            rest = [finding for finding in one.findings if finding.rule != rule]
            said[number] = replace(one, findings=rest, quiet=[*one.quiet, *over])
    return said


def _comments_up_to(site: int, number: int) -> Any:
    return select(func.count()).where(comments.c.site_id == site, comments.c.id <= number)


def _told_before(site: int, rule: str, number: int, judged: Mapping[int, Judged]) -> Any:
    return select(func.count(findings.c.comment_id.distinct())).where(
        findings.c.site_id == site,
        findings.c.rule == rule,
        ~findings.c.quiet,
        findings.c.comment_id < number,
        findings.c.comment_id.not_in(judged),
    )

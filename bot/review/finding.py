"""A finding's page: its evidence, the thread around it, what else is from the same source, and its history."""

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.decisions import history
from bot.review.cards import cards, text_of
from bot.review.rights import visible_finding
from bot.review.visit import Visit, number, page
from bot.store.around import neighbours, post_row, thread_findings

_LONGEST = 1_500
_MOST_OTHERS = 20


def finding(visit: Visit) -> Response:
    """Show one finding with all that is known of it."""
    wanted = number(visit.request.path_params["number"])
    if wanted is None:
        raise HTTPException(404)
    with visit.store.read() as connection:
        visible_finding(connection, visit.somebody, wanted)
        [card] = cards(connection, [wanted], visit.language)
        near = neighbours(connection, card.row.comment_id)
        post = post_row(connection, card.row.post_number)
        said = history(connection, wanted)
        others = [
            other
            for other in thread_findings(connection, card.row.post_number)
            if other.id != wanted and other.excerpt and _place(other.source) == _place(card.row.source) is not None
        ]
    return visit.render(
        "finding.html",
        card=card,
        near=[(row, _cut(text_of(row.body, row.format))) for row in near],
        post=(post, _cut(text_of(post.body, post.format))),
        history=said,
        others=others[:_MOST_OTHERS],
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + "…"


def _place(source: dict[str, object] | None) -> tuple[object, ...] | None:
    if source is None or not (source["id"] or source["url"]):
        return None
    return source["kind"], source["id"], source["url"]


routes: list[BaseRoute] = [page("/finding/{number}", finding)]

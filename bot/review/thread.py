"""A thread's page: every passage of somebody else's words in it, coloured by its verdict, and what was found."""

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from adapters.thread import Thread
from bot.judging import archived
from bot.review.rights import visible_thread
from bot.review.visit import Visit, number, page
from bot.store.around import thread_findings
from bot.store.tables import sites
from bot.store.threads import load_thread
from rules.elsewhere import Elsewhere
from rules.quotes.passage import Passage
from rules.rule import Context
from rules.view import Entry

PAGE = 100
# Whoever opens a thread waits no longer than that for its analysis; the rest of it is shown without.
_SECONDS = 5.0
_KEPT_THREADS = 16
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hold a stretch of an entry's text, and the passage that it is, if it is one."""

    text: str
    passage: Passage | None = None

    @property
    def verdict(self) -> str:
        """Name what is said of the passage."""
        if self.passage is None:
            return ""
        return self.passage.verdict or "not-quotation"


class Analyses:
    """Analyse threads, one at a time, and keep what was found in the last ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, list[Sequence[Passage]]] = OrderedDict()
        self._turn = threading.Lock()

    def passages(self, thread: Thread, elsewhere: Callable[[Thread], Elsewhere]) -> list[Sequence[Passage]]:
        """Return the passages of the post and of each comment, as far as there was time."""
        texts = (thread.site, thread.id, thread.post.body, *((one.id, one.author, one.body) for one in thread.comments))
        key = hash(texts)
        with self._turn:
            found = self._kept.pop(key, None)
            if found is None:
                found = []
                until = time.monotonic() + _SECONDS
                context = Context(thread, elsewhere(thread))
                for entry in context.view.entries:
                    if time.monotonic() > until:
                        break
                    found.append(_passages(context, entry))
            self._kept[key] = found
            while len(self._kept) > _KEPT_THREADS:
                self._kept.popitem(last=False)
        return found


_analyses = Analyses()


def thread(visit: Visit) -> Response:
    """Show a thread, a hundred comments at a time."""
    wanted = number(visit.request.path_params["number"])
    first = number(visit.request.query_params.get("from")) or 0
    if wanted is None:
        raise HTTPException(404)
    with visit.store.read() as connection:
        site = visible_thread(connection, visit.somebody, wanted)
        name = connection.execute(sites.select().where(sites.c.id == site)).one().name
        stored = load_thread(connection, name, wanted)
        found = defaultdict(list)
        for row in thread_findings(connection, wanted):
            found[row.comment_id].append(row)
    if first > len(stored.numbers):
        raise HTTPException(404)
    passages = _analyses.passages(stored.thread, archived(visit.review.config))
    view = Context(stored.thread).view.entries
    shown = range(first, min(first + PAGE, len(stored.numbers)))
    return visit.render(
        "thread.html",
        site=name,
        thread=stored.thread,
        post=_stretches(view[0], passages),
        entries=[
            (
                stored.numbers[at],
                stored.thread.comments[at],
                _stretches(view[at + 1], passages),
                found[stored.numbers[at]],
            )
            for at in shown
        ],
        first=first,
        last=shown.stop,
        comments=len(stored.numbers),
        earlier=max(0, first - PAGE) if first else None,
        later=shown.stop if shown.stop < len(stored.numbers) else None,
        analysed=len(passages) - 1,
    )


def _passages(context: Context, entry: Entry) -> Sequence[Passage]:
    try:
        return context.passages(entry)
    except Exception:  # noqa: BLE001  # what cannot be analysed is shown without colours, as the rules tell of it too
        return ()


def _stretches(entry: Entry, passages: Sequence[Sequence[Passage]]) -> list[Stretch]:
    text = entry.document.text[:_LONGEST]
    of_it = passages[entry.number] if entry.number < len(passages) else ()
    stretches: list[Stretch] = []
    end = 0
    # Where passages overlap the longer one is shown.
    for passage in sorted(of_it, key=lambda one: (one.start, -one.end)):
        if passage.start < end or passage.start >= passage.end or passage.end > len(text):
            continue
        stretches += [Stretch(text[end : passage.start]), Stretch(text[passage.start : passage.end], passage)]
        end = passage.end
    rest = text[end:] + ("…" if len(entry.document.text) > _LONGEST else "")
    return [stretch for stretch in (*stretches, Stretch(rest)) if stretch.text]


routes: list[BaseRoute] = [page("/thread/{number}", thread)]

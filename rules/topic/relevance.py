"""How much of what a comment talks about has been talked about before it.

The words that carry a topic, cut to their first letters in place of stemming, are looked up in the post, in the
comments so far and in the comment that is answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.stopwords import STOPWORDS
from rules.view import Entry, ThreadView
from rules.words import Words

_STEM = 6


@dataclass(frozen=True, slots=True)
class Relevance:
    """Hold how many topic words a comment has and the thread had before it, and the shares others had used."""

    topic_words: int
    known_words: int
    in_post: float
    in_thread: float
    in_parent: float


class TopicAnalysis:
    """Learn a thread's topic words as it is read."""

    def __init__(self, view: ThreadView) -> None:
        self._view = view
        title = " ".join(filter(None, {view.thread.title, view.thread.post.title}))
        self._post = _stems(Words(title).folded) | _stems(view.entries[0].words.folded)
        self._thread: set[str] = set(self._post)
        self._stems: dict[int, set[str]] = {}

    def relevance(self, entry: Entry) -> Relevance:
        """Compare an entry with those before it, then learn it; entries are to be given in time order."""
        stems = self._stems[entry.number] = _stems(entry.words.folded)
        parent = self._view.parent(entry)
        known = self._stems.get(parent.number, set()) if parent is not None else set()
        count = max(1, len(stems))
        found = Relevance(
            topic_words=len(stems),
            known_words=len(self._thread),
            in_post=len(stems & self._post) / count,
            in_thread=len(stems & self._thread) / count,
            in_parent=len(stems & known) / count,
        )
        self._thread |= stems
        return found


def _stems(folded: Sequence[str]) -> set[str]:
    return {word[:_STEM] for word in set(folded) - STOPWORDS if len(word) > 2 and not word.isdigit()}

"""What a sentence model says of whether a comment belongs to its thread: nearness in meaning, where words differ.

The model is handed in by whoever runs the rules. It reads a comment once, a post in a few pieces, and of the site's
other posts the beginnings of some, however many there are. Only the latest of the comments before are looked at, so
that a comment costs the same in a long thread, and nothing rests on a comment that comes later.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rules.topic.site import MIN_POSTS, SitePosts
from rules.view import Entry, ThreadView

Vectors = NDArray[np.float32]

# The language that the model was made for.
LANGUAGE = "English"
# Words in what the model reads at once: it was made for sentences, and takes time by the word.
_PASSAGE = 40
_MOST_PASSAGES = 4
_LONGEST_WORD = 40
_LATEST = 24
_MOST_OTHERS = 100
_SMALL = 1e-6
SITE_MEANING_SIGNS = frozenset(
    (
        "post among others in meaning",
        "thread among others in meaning",
        "thread less best other in meaning",
        "thread less likeliest others in meaning",
        "nearest less likeliest others in meaning",
    )
)


class Sentences(Protocol):
    """Be a model that knows what texts mean."""

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return a row of unit length for each text, the same whatever other texts there are."""


# Loads the model when it is first needed; None where there is none.
FindSentences = Callable[[], Sentences | None]


class ThreadMeaning:
    """Know what a thread's texts mean."""

    def __init__(self, model: Sentences, view: ThreadView, site: SitePosts | None) -> None:
        self._model, self._view, self._site = model, view, site

    def signs(
        self, entry: Entry, *, answered: Entry, nearest: int | None, homes: Sequence[int] = ()
    ) -> dict[str, float]:
        """Return the signs about a comment.

        `answered` and `nearest` are entries before it that may be near, `homes` the places of posts of the site that
        may be.
        """
        [comment] = self._model.vectors([_beginning(entry)])
        earlier = {*range(max(1, entry.number - _LATEST), entry.number)}
        before = self._comments(sorted(earlier | ({nearest} if nearest else set())))
        of_title, of_post = float(self._title @ comment), float((self._post @ comment).max())
        post = _middle(self._post)
        comments = _middle(before) if len(before) else post
        thread = _middle(np.stack([post, comments]))
        of_thread = float(thread @ comment)
        of_nearest = float((before @ comment).max()) if len(before) else of_post
        of_answered = float((post if answered.is_post else self._comments([answered.number])[0]) @ comment)
        signs = {
            "meaning of title": of_title,
            "meaning of post": of_post,
            "meaning of whole post": float(post @ comment),
            "meaning of comments": float(comments @ comment),
            "meaning of thread": of_thread,
            "meaning of nearest": of_nearest,
            "meaning of answered": of_answered,
            "meaning of any": max(of_title, of_post, of_nearest, of_answered),
            # What the thread's comments have in common with its post is what may be expected of the next one.
            "comments to post in meaning": float((before @ post).mean()) if len(before) else 0.0,
        }
        if self._others is not None:
            others = self._others @ comment
            mean, spread, best = float(others.mean()), float(others.std()) + 0.02, float(others.max())
            of_home = float((self._beginnings(homes) @ comment).max()) if homes else mean
            signs["post among others in meaning"] = (max(of_title, of_post) - mean) / spread
            signs["thread among others in meaning"] = (max(of_thread, of_nearest) - mean) / spread
            signs["thread less best other in meaning"] = max(of_post, of_thread) - best
            signs["thread less likeliest others in meaning"] = max(of_post, of_thread) - of_home
            signs["nearest less likeliest others in meaning"] = signs["meaning of any"] - max(of_home, best)
        return signs

    @cached_property
    def _post(self) -> Vectors:
        return self._model.vectors(_passages(f"{self._name}\n{self._view.entries[0].document.text}"))

    @cached_property
    def _title(self) -> Vectors:
        return self._model.vectors([self._name])[0] if self._name else _middle(self._post)

    @property
    def _name(self) -> str:
        return self._view.thread.post.title or self._view.thread.title or ""

    @cached_property
    def _others(self) -> Vectors | None:
        if self._site is None or len(self._site.posts) < MIN_POSTS:
            return None
        here = self._view.thread.id
        others = [at for at, post in enumerate(self._site.posts[: _MOST_OTHERS + 1]) if post.id != here]
        return self._beginnings(others[:_MOST_OTHERS])

    def _beginnings(self, places: Iterable[int]) -> Vectors:
        known = self._site.beginnings if self._site is not None else []
        return self._model.vectors([_passages(known[at])[0] for at in places])

    def _comments(self, numbers: Iterable[int]) -> Vectors:
        texts = [_beginning(self._view.entries[number]) for number in numbers]
        return self._model.vectors(texts) if texts else np.zeros((0, 1), np.float32)


def _beginning(entry: Entry) -> str:
    return _passages(entry.document.text, most=1)[0]


def _passages(text: str, *, most: int = _MOST_PASSAGES) -> list[str]:
    """Return the beginning of a text in pieces that the model can read."""
    words = [word[:_LONGEST_WORD] for word in text[: 12 * _PASSAGE * most].split()[: _PASSAGE * most]]
    return [" ".join(words[at : at + _PASSAGE]) for at in range(0, len(words), _PASSAGE)] or [""]


def _middle(vectors: Vectors) -> Vectors:
    mean: Vectors = vectors.mean(axis=0)
    return mean / np.float32(max(float(np.linalg.norm(mean)), _SMALL))

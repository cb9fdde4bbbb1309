"""The other posts of a site: what a comment's words are held against, and where else it may have been meant for."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.topic.languages import language_of, stems_in
from rules.topic.lexicon import Known, Lexicon
from rules.topic.lexicon import shipped as shipped_lexicon
from rules.words import Words

# A handful of posts tells nothing about a site.
MIN_POSTS = 20
# Of a site with more the first stand for all; of a long post its beginning.
MOST_POSTS = 3_000
_MOST_WORDS = 3_000
_BEGINNING = 500  # characters kept to be read
_TITLE_COUNTS = 2
_LIKELIEST = 5
_SMOOTHING = 50.0
_PRIOR = 2_000.0
SITE_SIGNS = frozenset(
    (
        "share of post by site",
        "share of either by site",
        "weight of either by site",
        "weight of neither by site",
        "other posts before post",
        "other posts before thread",
        "ratio of best other post",
        "post less best other",
        "thread less best other",
        "post among others",
        "thread among others",
        "best other among others",
    )
)


@dataclass(frozen=True, slots=True)
class SitePost:
    """Name a post of a site."""

    id: str
    title: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Homes:
    """Hold how a comment stands to the other posts of its site, as signs.

    `nearest` is the nearest, by `nearer`; `likeliest` are the places of the few that may be, in the list of posts.
    """

    signs: Mapping[str, float]
    nearest: SitePost
    nearer: float
    likeliest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """Hold what a comment's own thread has to set against the others: its id, the stems of its post and comments."""

    thread: str
    post: Mapping[str, int]
    post_size: int
    comments: Mapping[str, int]
    comments_size: int


class SitePosts:
    """Know the posts of one site."""

    def __init__(self, *, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or shipped_lexicon()
        self.posts: list[SitePost] = []
        self.beginnings: list[str] = []
        self._at: dict[str, int] = {}
        self._sizes: list[int] = []
        self._size = 0
        self._counts: Counter[str] = Counter()
        self._held: dict[str, list[tuple[int, int]]] = {}
        self._cached: dict[str, _Word] = {}

    def add(self, post: SitePost, text: str) -> None:
        """Take a post in; one that is known, and those past the most that are kept, are passed over."""
        if post.id in self._at or len(self.posts) >= MOST_POSTS:
            return
        at = self._at[post.id] = len(self.posts)
        self.posts.append(post)
        self.beginnings.append(f"{post.title or ''}\n{text[:_BEGINNING]}")
        words = Words(text).folded[:_MOST_WORDS]
        stems = stems_in(language_of(words, text))
        counts = Counter(filter(None, map(stems.of, words)))
        for word in Words(post.title or "").folded:
            if stem := stems.of(word):
                counts[stem] += _TITLE_COUNTS
        self._sizes.append(counts.total())
        self._size += counts.total()
        self._counts.update(counts)
        for stem, n in counts.items():
            self._held.setdefault(stem, []).append((at, n))
        self._cached.clear()

    def homes(self, known: Sequence[tuple[str, Known]], own: Own) -> Homes | None:
        """Compare a comment, by what is known of its stems, with the posts; None where too few posts are known."""
        count = len(self.posts)
        if count < MIN_POSTS:
            return None
        mine = mine_with_comments = total = in_either = in_post = 0.0
        words = [(stem, self._word(stem, one)) for stem, one in known]
        for stem, word in words:
            total += word.weight
            by_post = math.log1p(own.post.get(stem, 0) / (own.post_size + _SMOOTHING) * word.rarity)
            by_comments = math.log1p(own.comments.get(stem, 0) / (own.comments_size + _SMOOTHING) * word.rarity)
            mine += by_post
            mine_with_comments += max(by_post, by_comments)
            in_post += word.weight if by_post else 0.0
            in_either += word.weight if by_post or by_comments else 0.0
        others = np.zeros(count)
        for _, word in words:
            others[word.at] += word.ratios
        if (here := self._at.get(own.thread)) is not None:
            others[here] = 0.0
        best = int(others.argmax())
        ranked = np.delete(others, here) if here is not None else others
        most, spread = float(others[best]), float(ranked.std()) + 1.0
        size = len(known) + 2
        signs = {
            "share of post by site": in_post / (total or 1.0),
            "share of either by site": in_either / (total or 1.0),
            "weight of either by site": math.log1p(in_either),
            "weight of neither by site": math.log1p(total - in_either),
            "other posts before post": math.log1p(99 * float((ranked > mine).mean())),
            "other posts before thread": math.log1p(99 * float((ranked > mine_with_comments).mean())),
            "ratio of best other post": math.log1p(most),
            "post less best other": (mine - most) / size,
            "thread less best other": (mine_with_comments - most) / size,
            "post among others": (mine - float(ranked.mean())) / spread,
            "thread among others": (mine_with_comments - float(ranked.mean())) / spread,
            "best other among others": (most - float(ranked.mean())) / spread,
        }
        likeliest = np.argsort(-others, kind="stable")[:_LIKELIEST]
        likeliest = likeliest[others[likeliest] > 0]
        return Homes(signs, self.posts[best], most - mine_with_comments, tuple(likeliest.tolist()))

    def _word(self, stem: str, known: Known) -> "_Word":
        word = self._cached.get(stem)
        if word is None:
            held = np.array(self._held.get(stem, ()), np.int64).reshape(-1, 2)
            # What the site says of a word counts beside what is known of it in general, as so many words would.
            share = (self._counts[stem] + _PRIOR / known.rarity) / (self._size + _PRIOR)
            sizes = np.array([self._sizes[at] for at in held[:, 0]], np.float64)
            ratios = np.log1p(held[:, 1] / (sizes + _SMOOTHING) / share)
            weight = math.log((len(self.posts) + 1) / (len(held) + 0.5))
            word = self._cached[stem] = _Word(weight, 1 / share, held[:, 0], ratios)
        return word


@dataclass(frozen=True, slots=True)
class _Word:
    weight: float
    rarity: float
    at: NDArray[np.int64]
    ratios: NDArray[np.float64]

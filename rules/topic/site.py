"""The other threads of a site: what a comment's words are held against, and where else it may have been meant for."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rules.topic.calls import names_of
from rules.topic.languages import language_of, stems_in
from rules.topic.lexicon import Known, Lexicon
from rules.topic.lexicon import shipped as shipped_lexicon
from rules.topic.pairs import PAIR_SIGNS, PairCounts, Pairs, SitePairs, pairs_of
from rules.topic.texts import SMOOTHING, Texts, Vector, Word, chances
from rules.words import Words

# Of a very long comment only so much is looked at.
MOST_WORDS = 2_000
# A handful of posts tells nothing about a site.
MIN_POSTS = 20
# Of a site with more the first stand for all; of a long post its beginning, and of a long thread its first comments.
MOST_POSTS = 3_000
MOST_COMMENTS = 40
_MOST_WORDS_OF_POST = 3_000
_BEGINNING = 500  # characters kept to be read
_TITLE_COUNTS = 2
_LIKELIEST = 5
_OF_EACH = (
    "share of post by {}",
    "share of either by {}",
    "weight of either by {}",
    "weight of neither by {}",
    "other {} before post",
    "other {} before thread",
    "ratio of best of other {}",
    "post less best of other {}",
    "thread less best of other {}",
    "post among other {}",
    "thread among other {}",
    "best among other {}",
)
_OF_THREADS = (
    "chance of post",
    "chance of thread",
    "even chance of post",
    "even chance of thread",
    "company of post",
    "company of thread",
    "company of either",
)
CALLS_ELSEWHERE = "calls somebody of another thread"
SITE_SIGNS = frozenset(
    (
        *(sign.format(kind) for kind in ("posts", "threads") for sign in _OF_EACH),
        *_OF_THREADS,
        *PAIR_SIGNS,
        CALLS_ELSEWHERE,
    )
)
# Who writes in a larger share of a site's threads is at home in all of them.
_AT_HOME = 0.25


@dataclass(frozen=True, slots=True)
class SitePost:
    """Name a post of a site."""

    id: str
    title: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Homes:
    """Hold how a comment stands to the other threads of its site, as signs.

    `nearest` is the nearest, by `nearer`; `likeliest` are the places of the few that may be, in the list of posts.
    `company` says how far each of them, as a vector, uses the comment's words.
    """

    signs: Mapping[str, float]
    nearest: SitePost
    nearer: float
    company: Vector
    likeliest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """Hold what a comment's own thread has to set against the others: its id, the stems of its post and comments.

    `post_company` and `company` say how far each other thread uses the post's words, and the comments'; `post_pairs`
    and `pairs` count the words that stand side by side.
    """

    thread: str
    post: Mapping[str, int]
    post_size: int
    comments: Mapping[str, int]
    comments_size: int
    post_company: Vector
    company: Vector
    post_pairs: PairCounts
    pairs: PairCounts


class SitePosts:
    """Know the posts of one site, each with its comments."""

    def __init__(self, *, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or shipped_lexicon()
        self.posts: list[SitePost] = []
        self.beginnings: list[str] = []
        self._at: dict[str, int] = {}
        self._comments: list[int] = []
        self._copies: dict[int, int] = {}
        self._writers: dict[str, set[int]] = {}
        self._of_posts, self._of_threads = Texts(), Texts()
        self._pairs = SitePairs()

    def add(self, post: SitePost, text: str) -> None:
        """Take a post in; one that is known, and those past the most that are kept, are passed over."""
        if post.id in self._at or len(self.posts) >= MOST_POSTS:
            return
        self._at[post.id] = len(self.posts)
        self.posts.append(post)
        self._comments.append(0)
        self.beginnings.append(f"{post.title or ''}\n{text[:_BEGINNING]}")
        words = Words(text).folded[:_MOST_WORDS_OF_POST]
        stems = stems_in(language_of(words, text))
        counts = Counter(filter(None, map(stems.of, words)))
        for word in Words(post.title or "").folded:
            if stem := stems.of(word):
                counts[stem] += _TITLE_COUNTS
        self._of_posts.add(self._at[post.id], counts)
        self._of_threads.add(self._at[post.id], counts)
        self._pairs.add(self._at[post.id], pairs_of(words))

    def wants_comments(self, thread: str) -> bool:
        """Tell whether a thread's post is known and more of its comments would be taken in."""
        at = self._at.get(thread)
        return at is not None and self._comments[at] < MOST_COMMENTS

    def add_comment(self, thread: str, text: str, author: str | None = None) -> None:
        """Take in a comment of a thread that wants it; the same words count once on a site."""
        if not self.wants_comments(thread):
            return
        at = self._at[thread]
        self._comments[at] += 1
        for name in names_of(author or ""):
            self._writers.setdefault(name, set()).add(at)
        words = Words(text).folded[:MOST_WORDS]
        stems = stems_in(language_of(words, text))
        counts = Counter(filter(None, map(stems.of, words)))
        if counts and (key := _key(counts)) not in self._copies:
            self._copies[key] = at
            self._of_threads.add(at, counts)
            self._pairs.add(at, pairs_of(words))

    def has_elsewhere(self, name: str, thread: str) -> bool:
        """Tell whether somebody of that folded name writes in a few other threads, and not in this one."""
        threads = self._writers.get(name, ())
        return self._at.get(thread) not in threads and 0 < len(threads) <= _AT_HOME * len(self.posts)

    def company(self, thread: str, counts: Mapping[str, int]) -> Vector:
        """Return how far each post's thread uses some words, the rarest counting most; 0 for the thread's own."""
        words = [self._of_threads.word(stem, self._lexicon.look(stem)) for stem in counts]
        heavy = [word.weight * (1 + math.log(n)) for word, n in zip(words, counts.values(), strict=True)]
        found = _summed(words, len(self.posts), heavy)
        if (here := self._at.get(thread)) is not None:
            found[here] = 0.0
        return found

    def homes(
        self, known: Sequence[tuple[str, Known]], counts: Mapping[str, int], own: Own, pairs: Pairs
    ) -> Homes | None:
        """Compare a comment, by its stems and what is known of them, with the others; None where too few are known."""
        if len(self.posts) < MIN_POSTS:
            return None
        here = self._at.get(own.thread)
        by_post = _Compared(self._of_posts.words(known), own, here, len(self.posts))
        words = self._of_threads.words(known)
        by_thread = _Compared(words, own, here, len(self.posts))
        heavy = [word.weight * (1 + math.log(counts[stem])) for stem, word in words]
        company = _summed([word for _, word in words], len(self.posts), heavy)
        copied = self._copies.get(_key(counts))
        copied = copied if copied != here else None
        if copied is not None:
            # The comment itself, or a copy of it, tells nothing of where it belongs.
            left = self._of_threads.ratios_without(copied, words, counts)
            by_thread.others[copied], company[copied] = sum(left), float(np.dot(left, heavy))
        if here is not None:
            company[here] = 0.0
        best = int(by_post.others.argmax())
        with_post, with_thread = _alike(company, own.post_company), _alike(company, own.company)
        even = math.sqrt(len(known) + 2)
        values = (
            *chances(by_thread.ranked, by_thread.mine, by_thread.mine_with_comments),
            *chances(by_thread.ranked / even, by_thread.mine / even, by_thread.mine_with_comments / even),
            with_post,
            with_thread,
            max(with_post, with_thread),
        )
        signs = {
            **by_post.signs("posts"),
            **by_thread.signs("threads"),
            **dict(zip(_OF_THREADS, values, strict=True)),
            **self._pairs.signs(pairs, own.post_pairs, own.pairs, here=here, copied=copied),
        }
        nearer = float(by_post.others[best]) - by_post.mine_with_comments
        likeliest = np.argsort(-by_thread.others, kind="stable")[:_LIKELIEST]
        likeliest = likeliest[by_thread.others[likeliest] > 0]
        return Homes(signs, self.posts[best], nearer, company, tuple(likeliest.tolist()))


class _Compared:
    """Hold a comment's words against its own thread and against others: how much likelier each is to use them."""

    def __init__(self, words: Sequence[tuple[str, Word]], own: Own, here: int | None, count: int) -> None:
        self.mine = self.mine_with_comments = self._total = self._in_either = self._in_post = 0.0
        self._length, self._here = len(words), here
        post_size, comments_size = own.post_size + SMOOTHING, own.comments_size + SMOOTHING
        for stem, word in words:
            of_post, of_comments = own.post.get(stem), own.comments.get(stem)
            self._total += word.weight
            if of_post or of_comments:
                by_post = math.log1p(of_post / post_size * word.rarity) if of_post else 0.0
                by_comments = math.log1p(of_comments / comments_size * word.rarity) if of_comments else 0.0
                self.mine += by_post
                self.mine_with_comments += max(by_post, by_comments)
                self._in_either += word.weight
                self._in_post += word.weight if of_post else 0.0
        self.others = _summed([word for _, word in words], count)
        if here is not None:
            self.others[here] = 0.0

    @cached_property
    def ranked(self) -> Vector:
        """The ratios of the others alone."""
        return self.others if self._here is None else np.delete(self.others, self._here)

    def signs(self, kind: str) -> dict[str, float]:
        """Return the signs by name."""
        ranked, count = self.ranked, len(self.ranked)
        most, mean = float(ranked.max()), float(ranked.sum()) / count
        spread = math.sqrt(max(0.0, float(np.dot(ranked, ranked)) / count - mean * mean)) + 1.0
        mine, mine_with_comments, size = self.mine, self.mine_with_comments, self._length + 2
        values = (
            self._in_post / (self._total or 1.0),
            self._in_either / (self._total or 1.0),
            math.log1p(self._in_either),
            math.log1p(self._total - self._in_either),
            math.log1p(99 * np.count_nonzero(ranked > mine) / count),
            math.log1p(99 * np.count_nonzero(ranked > mine_with_comments) / count),
            math.log1p(most),
            (mine - most) / size,
            (mine_with_comments - most) / size,
            (mine - mean) / spread,
            (mine_with_comments - mean) / spread,
            (most - mean) / spread,
        )
        return {sign.format(kind): value for sign, value in zip(_OF_EACH, values, strict=True)}


def _key(counts: Mapping[str, int]) -> int:
    return hash(frozenset(counts.items()))


def _summed(words: Sequence[Word], count: int, weights: Sequence[float] | None = None) -> Vector:
    """Return for each of `count` texts the sum of how much likelier it is to use some words, each weighed."""
    if not words:
        return np.zeros(count)
    ratios = [word.ratios for word in words]
    if weights is not None:
        ratios = [ratio * weight for ratio, weight in zip(ratios, weights, strict=True)]
    at = np.concatenate([word.at for word in words])
    return np.asarray(np.bincount(at, np.concatenate(ratios), count), np.float64)


def _alike(one: Vector, other: Vector) -> float:
    """Return how alike two comparisons with the other threads are, -1 to 1 (explicit semantic analysis)."""
    one = one[: len(other)]  # posts that have come since are passed over
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / (math.sqrt(one @ one) * math.sqrt(other @ other) + 1e-9))

"""What speaks for and against a comment belonging to its thread, as numbers.

A thread's words are kept in an index that grows with it. Whatever is looked up is capped, so that a comment costs the
same however long its thread is, and nothing rests on a comment that comes later.
"""

import math
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rules.topic.lexicon import Known
from rules.topic.pairs import NO_PAIRS, PairCounts, Pairs
from rules.topic.site import MIN_POSTS, Homes, Own, SitePost, SitePosts
from rules.topic.texts import Vector

# Of the comments that have a word only the latest count.
_HOLDERS = 24
_PREFIX = 5
_POST_SMOOTHING = 50.0
_TITLE_COUNTS = 2
# Another post is named when it is so much likelier to use the comment's words, as a logarithm.
_MUCH_NEARER = 5.0
_NONE: Vector = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Said:
    """Hold what a text says: its stems with their counts, its language, who wrote it, its words and pairs of words."""

    counts: Mapping[str, int]
    known: Sequence[tuple[str, Known]]
    language: str | None
    author: str
    words: frozenset[str]
    pairs: Pairs = NO_PAIRS


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold the signs by name, how many stems the comment has, and what it is nearest to.

    `nearest` is the number of an earlier comment, `home` another post of the site that is much nearer, `homes` are the
    places among the site's posts of those that may be.
    """

    signs: Mapping[str, float]
    stems: int
    nearest: int | None = None
    home: SitePost | None = None
    homes: tuple[int, ...] = ()


class ThreadTopic:
    """Know what a thread has said so far."""

    def __init__(self, post: Said, title: Iterable[str], *, id: str = "", site: SitePosts | None = None) -> None:
        self._id = id
        self._site = site if site is not None and len(site.posts) >= MIN_POSTS else None
        self.title = frozenset(title)
        self.post = Counter(post.counts) + Counter(dict.fromkeys(self.title, _TITLE_COUNTS))
        self.thread: Counter[str] = Counter()
        self._post_size, self._thread_size = self.post.total(), 0
        self._post_pairs, self._pairs = PairCounts(), PairCounts()
        self._post_pairs.add(post.pairs)
        self._comments = 0
        self._holders: dict[str, deque[int]] = {}
        self._prefixes = {stem[:_PREFIX] for stem in self.post if len(stem) >= _PREFIX}
        self._names: set[str] = set()
        self._meet(post.author)
        self._post_company = self._site.company(id, self.post) if self._site is not None else _NONE
        self._company = np.zeros_like(self._post_company)
        self._weighed: tuple[Said, Vector] | None = None

    @property
    def size(self) -> int:
        """The different stems that the thread has used, the post's counted apart."""
        return len(self.post) + len(self.thread)

    def is_new(self, stem: str) -> bool:
        """Tell whether nobody has used a stem before, nor one that begins like it."""
        return stem not in self.post and stem not in self.thread and stem[:_PREFIX] not in self._prefixes

    def weigh(self, said: Said, *, answered: Said | None) -> Evidence:
        """Return the evidence about a comment not learned yet; `answered` is its parent or the one before."""
        post, thread = self.post, self.thread
        weights = {stem: known.weight for stem, known in said.known}
        total = sum(weights.values()) or 1.0
        in_post = in_thread = in_either = in_title = in_answered = by_prefix = rarest = 0.0
        surprise_post = surprise_thread = surprise_either = 0.0
        asked = answered.counts if answered is not None else {}
        post_size, thread_size = self._post_size + _POST_SMOOTHING, self._thread_size + _POST_SMOOTHING
        for stem, known in said.known:
            weight = known.weight
            of_post, of_thread = post.get(stem, 0), thread.get(stem, 0)
            if of_post or of_thread:
                in_either += weight
                rarest = max(rarest, weight)
                # How much likelier this thread is to use the word than any other (a language model's ratio).
                by_post = math.log1p(of_post / post_size * known.rarity) if of_post else 0.0
                by_thread = math.log1p(of_thread / thread_size * known.rarity) if of_thread else 0.0
                surprise_post += by_post
                surprise_thread += by_thread
                surprise_either += max(by_post, by_thread)
                if of_post:
                    in_post += weight
                    if stem in self.title:
                        in_title += weight
                if of_thread:
                    in_thread += weight
            elif stem[:_PREFIX] in self._prefixes and len(stem) >= _PREFIX:
                by_prefix += weight
            if stem in asked:
                in_answered += weight
        nearest, in_nearest = self._nearest(weights)
        stems = len(weights)
        homes = self._homes(said)
        signs = {
            "share of post": in_post / total,
            "share of thread": in_thread / total,
            "share of either": in_either / total,
            "share of nearest": in_nearest / total,
            "share of answered": in_answered / total,
            "share by prefix": by_prefix / total,
            "weight of post": math.log1p(in_post),
            "weight of title": math.log1p(in_title),
            "weight of either": math.log1p(in_either),
            "weight of nearest": math.log1p(in_nearest),
            "weight of neither": math.log1p(total - in_either),
            "rarest shared": rarest / 10,
            "ratio of post": math.log1p(surprise_post),
            "ratio of thread": math.log1p(surprise_thread),
            "ratio of either": math.log1p(surprise_either),
            "mean ratio": surprise_either / (stems + 3),
            "speaks to somebody here": float(not self._names.isdisjoint(said.words)),
            "comments before": math.log1p(min(self._comments, 50)),
            "is the first": float(self._comments == 0),
            "size of post": math.log1p(self._post_size),
            "size of thread": math.log1p(min(self._thread_size, 3000)),
            **(homes.signs if homes else {}),
        }
        is_nearer = homes is not None and homes.nearer > _MUCH_NEARER
        home = homes.nearest if homes and is_nearer else None
        return Evidence(signs, stems, nearest, home, homes.likeliest if homes else ())

    def learn(self, said: Said) -> None:
        """Take a comment's words in; comments are learned in time order."""
        self._comments += 1
        thread, held = self.thread, self._holders
        for stem, n in said.counts.items():
            thread[stem] = thread.get(stem, 0) + n
            self._thread_size += n
            if (holders := held.get(stem)) is None:
                holders = held[stem] = deque(maxlen=_HOLDERS)
                if len(stem) >= _PREFIX:
                    self._prefixes.add(stem[:_PREFIX])
            holders.append(self._comments)
        self._meet(said.author)
        if self._site is not None:
            self._pairs.add(said.pairs)
            weighed, company = self._weighed or (None, _NONE)
            if weighed is not said:
                company = self._site.company(self._id, said.counts)
            length = math.sqrt(company @ company)
            if length > 0:
                self._company += company[: len(self._company)] * (math.log1p(len(said.counts)) / length)

    def _homes(self, said: Said) -> Homes | None:
        if self._site is None:
            return None
        own = Own(
            self._id,
            self.post,
            self._post_size,
            self.thread,
            self._thread_size,
            self._post_company,
            self._company,
            self._post_pairs,
            self._pairs,
        )
        homes = self._site.homes(said.known, said.counts, own, said.pairs)
        if homes is not None:
            self._weighed = said, homes.company
        return homes

    def _meet(self, author: str) -> None:
        self._names |= {name for name in author.split() if len(name) > 2}

    def _nearest(self, weights: Mapping[str, float]) -> tuple[int | None, float]:
        shared: defaultdict[int, float] = defaultdict(float)
        for stem, weight in weights.items():
            for number in self._holders.get(stem, ()):
                shared[number] += weight
        if not shared:
            return None, 0.0
        nearest = max(shared, key=shared.__getitem__)
        return nearest, shared[nearest]

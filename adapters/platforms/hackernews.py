"""Hacker News: the comments on chosen stories, on those that an author posts, or on those that link to a host.

They are listed by Algolia's search, the newest first; from one page to the next by the time of its last comment, since
the search shows a thousand hits of one question and no more. It lags behind by seconds or minutes. Hacker News' own API
tells what became of a comment: `deleted` by its author, or `dead` by flags. Nothing can be done there by program.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, model_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.errors import BadReply, NotFoundError, SiteError, Unsupported
from adapters.saved.hackernews import comment_of, thread_of
from adapters.saved.jsontext import Json, Row, mapping, sequence, string, walk
from adapters.thread import Thread

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "hackernews"
TITLE = "Hacker News"
CAPABILITIES = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="newest-first")

PER_PAGE = 100
# Nobody's comments stand deeper.
_DEEPEST = 200


class Options(PlatformOptions):
    """Hold https://news.ycombinator.com in `url`, and which stories are read there: of any kind that is given."""

    stories: tuple[int, ...] = Field((), max_length=100, description="the numbers of stories, as in item?id=NUMBER")
    author: str | None = Field(
        None, pattern=r"^[\w-]{2,15}$", description="the user whose stories are read, the last hundred"
    )
    domain: str | None = Field(
        None, pattern=r"^[\w.-]+$", description="the host to which stories link that are read, the last hundred"
    )
    overlap_seconds: float = Field(
        900, ge=0, le=86_400, description="how far each poll looks back before the last comment that it knows"
    )

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        if not (self.stories or self.author or self.domain):
            raise ValueError("nothing to read is chosen: give stories, author or domain")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "HackerNews":
    """Return Hacker News, without a request."""
    search, items = options.url, options.url
    if urlsplit(options.url).hostname == "news.ycombinator.com":
        search, items = "https://hn.algolia.com", "https://hacker-news.firebaseio.com"
    http.allow(search, items)
    return HackerNews(search, items, http, options)


class HackerNews:
    """Read the comments on some stories."""

    capabilities = CAPABILITIES

    def __init__(self, search: str, items: str, http: "Http", options: Options) -> None:
        self._search, self._items, self._http, self._options = search, items, http, options
        self._stories: list[str] | None = None

    def recent(self, ask: Ask) -> Batch:
        """Return a page of comments, the newest first."""
        if ask.token is None or self._stories is None:
            self._stories = list(self._chosen())
        if not self._stories:
            return Batch()
        until, _, page = (ask.token or " ").partition(" ")
        stories = ",".join(f"story_{id}" for id in self._stories)
        asked: dict[str, str | int] = {"tags": f"comment,({stories})", "hitsPerPage": PER_PAGE}
        place: dict[str, str | int] = {"numericFilters": f"created_at_i<={until}", "page": page} if until else {}
        reply = self._http.get(f"{self._search}/api/v1/search_by_date", {**asked, **place}, if_changed=ask.if_changed)
        if reply.unchanged:
            return Batch(unchanged=True)
        hits = _hits(reply.json())
        sightings = [_sighting(hit) for hit in hits]
        times = [time for hit in hits if isinstance(time := hit.get("created_at_i"), int)]
        following = None
        if len(hits) >= PER_PAGE and times:
            # All of one second: there is no time to go on from.
            following = f"{until} {int(page) + 1}" if str(min(times)) == until else f"{min(times)} 0"
        deleted = [one.comment.id for one in sightings if one.comment.status == "deleted"]
        return Batch(comments=sightings, deleted=deleted, next=following)

    def thread(self, id: str) -> Thread:
        """Return a story and its comments, in one request."""
        story = mapping(self._get(f"{self._search}/api/v1/items/{quote(id, safe='')}"))
        below = walk([story], lambda row: sequence(row.get("children")))
        rows = [
            (name, {**row, "parent": string(above.get("id"))})
            for row, above in below
            if above is not None and (name := string(row.get("id")))
        ]
        return thread_of(id, {**story, "parent": None}, rows)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment, with a request for each that stands above it; None when it was deleted."""
        row = self._item(id)
        if row is None or row.get("deleted") is True:
            return None
        above = row
        for _ in range(_DEEPEST):
            parent = string(above.get("parent"))
            found = self._item(parent) if parent else None
            if found is None:
                break
            above = found
        story = string(above.get("id"))
        if story is None:
            raise BadReply(f"{self._items}: an item without an id")
        return Sighting(post_id=story, comment=comment_of(id, {**row, "parent": string(row.get("parent"))}, story))

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Refuse: nothing can be done there by program."""
        raise Unsupported("nothing can be done on Hacker News by program")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Answer nothing."""
        return None

    def prove(self) -> Iterator[Proof]:
        """Yield whether the search and the API answer, and whether there is a story to read."""
        newest = self._get(f"{self._items}/v0/maxitem.json")
        if not isinstance(newest, int):
            raise BadReply(f"{self._items}: no number of the newest item, but something else in JSON")
        try:
            count = len(list(self._chosen()))
        except SiteError as error:
            yield Proof(name="site", ok=False, said=error.problem, mend="see whether hn.algolia.com answers")
            return
        mend = None if count else "see that author or domain are written as Hacker News writes them"
        yield Proof(name="site", ok=count > 0, said=f"{count} stories are read", mend=mend)

    def _chosen(self) -> Iterator[str]:
        """Yield the stories whose comments are read, each once."""
        found = dict.fromkeys(map(str, self._options.stories))
        asked: dict[str, str | int] = {"hitsPerPage": PER_PAGE}
        address = f"{self._search}/api/v1/search_by_date"
        if self._options.author:
            hits = _hits(self._get(address, {**asked, "tags": f"story,author_{self._options.author}"}))
            found |= dict.fromkeys(filter(None, map(_id, hits)))
        if (domain := self._options.domain) is not None:
            by_url: dict[str, str | int] = {"query": domain, "restrictSearchableAttributes": "url", "tags": "story"}
            for hit in _hits(self._get(address, {**asked, **by_url})):
                # The search finds words alike too.
                host = urlsplit(string(hit.get("url")) or "").hostname or ""
                if (host == domain or host.endswith(f".{domain}")) and (id := _id(hit)):
                    found[id] = None
        yield from found

    def _item(self, id: str) -> Row | None:
        try:
            found = self._get(f"{self._items}/v0/item/{quote(id, safe='')}.json")
        except NotFoundError:
            return None
        return found if isinstance(found, dict) else None

    def _get(self, address: str, params: "Params | None" = None) -> Json:
        return self._http.get(address, params).json()


def _hits(found: Json) -> list[Row]:
    hits = mapping(found).get("hits")
    if not isinstance(hits, list):
        raise BadReply("no hits of a search, but something else in JSON")
    return [hit for hit in hits if isinstance(hit, dict)]


def _id(hit: Row) -> str | None:
    return string(hit.get("objectID"))


def _sighting(hit: Row) -> Sighting:
    id, story = _id(hit), string(hit.get("story_id"))
    if id is None or story is None:
        raise BadReply("a comment without an id or a story")
    return Sighting(post_id=story, comment=comment_of(id, {**hit, "parent": string(hit.get("parent_id"))}, story))

"""Discourse: the posts of a forum that answer its topics, with a key of the API or as anybody.

`/posts.json` lists posts from the highest id down. Its `before` leaves that id out in new versions; in older ones it
keeps it, and looks at fifty ids only, of which any number may be posts that nobody may see: so an empty page is not the
end. Posts that wait for leave are in the review queue under ids of their own, and are read into the listing at their
times. Post 1 of a topic is the post, the others are its comments.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import Field, model_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.dates import parse_date
from adapters.errors import BadReply, LoginError, NotFoundError, RefusedError, Unsupported
from adapters.markdown import is_same, written
from adapters.platforms.discourse_review import ReviewQueue, between, is_queued
from adapters.saved.discourse import NOTICE, answered, body_of, comment_of, number_of
from adapters.saved.jsontext import Row, mapping, sequence, string
from adapters.secrets import Secret
from adapters.thread import Post, Thread

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "discourse"
TITLE = "Discourse"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "spam", "remove", "reply", "report"}),
    sees=frozenset({"held", "edited", "deleted"}),
    order="newest-first",
)
_ANONYMOUS = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="newest-first")

PER_PAGE = 50
# So many posts of a topic are asked for at once, unless the topic says otherwise.
_CHUNK = 20
_WHISPER = 4  # post_type of what staff say among themselves
_FLAGS = {"hold": 4, "spam": 8, "report": 7}  # inappropriate, spam, notify the moderators
_MOST_NUMBERS = 5_000


class Options(PlatformOptions):
    """Hold the address of the forum in `url`, and how it is read."""

    user: str | None = Field(None, description="the name of the user that the bot acts as")
    api_key: Secret | None = Field(None, description="a key of the API for that user; without it the public is seen")

    @model_validator(mode="after")
    def _check_login(self) -> "Options":
        if (self.user is None) != (self.api_key is None):
            raise ValueError("user and api_key go together")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Discourse":
    """Return the forum at an address, without a request; raises SecretError."""
    if options.user is not None and options.api_key is not None:
        http.headers["Api-Key"] = options.api_key.reveal(environment)
        # Names may have letters of all scripts; headers are sent as Latin-1.
        http.headers["Api-Username"] = options.user.encode().decode("latin-1")
    return Discourse(options.url, http, user=options.user)


class Discourse:
    """Speak with one forum."""

    def __init__(self, url: str, http: "Http", *, user: str | None) -> None:
        self._url, self._http, self._user = url, http, user
        # The ids of posts by topic and number: a post names the one that it answers by number only.
        self._ids: OrderedDict[tuple[str, int], str | None] = OrderedDict()
        self._review = ReviewQueue(url, http, self._parent)
        self._waiting: list[Sighting] | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What the login allows."""
        return CAPABILITIES if self._user else _ANONYMOUS

    def recent(self, ask: Ask) -> Batch:
        """Return a page of posts, the newest first, with those of the queue that belong among them."""
        token, _, time = (ask.token or "").partition(" ")
        before, until = int(token) if token.isdecimal() else None, parse_date(time)
        params: dict[str, str | int] = {"before": before} if before else {}
        # Nothing tells whether the queue has changed.
        if_changed = ask.if_changed and self._user is None
        reply = self._http.get(f"{self._url}/posts.json", params, if_changed=if_changed)
        if reply.unchanged:
            return Batch(unchanged=True)
        listed = mapping(reply.json()).get("latest_posts")
        if not isinstance(listed, list):
            raise BadReply(f"{self._url}: no list of posts, but something else in JSON")
        rows = [row for row in _rows(listed) if before is None or row.get("id") != before]
        if before is None or self._waiting is None:
            self._waiting = self._review.waiting() if self._user else []
        if not rows and before is None and (newest := self._newest_id()):
            return self.recent(Ask(token=str(newest)))
        following = self._following(rows, before)
        self._ids.update({(_topic(row), number_of(row)): string(row.get("id")) for row in rows})
        comments = [self._sighting(row) for row in rows if number_of(row) > 1 and _is_shown(row)]
        times = [one.comment.posted_at for one in comments if one.comment.posted_at]
        floor = min(times, default=until) if following else None
        comments += between(self._waiting, floor, until)
        comments.sort(key=lambda one: one.comment.posted_at.timestamp() if one.comment.posted_at else 0.0, reverse=True)
        return Batch(
            comments=comments,
            posts=[_post(row, row, self._url) for row in rows if number_of(row) == 1],
            deleted=[one.comment.id for one in comments if one.comment.status == "deleted"],
            next=f"{following} {floor.isoformat() if floor else ''}" if following else None,
        )

    def thread(self, id: str) -> Thread:
        """Return a topic and all its posts; one request for twenty of them."""
        topic = mapping(self._get(f"t/{quote(id, safe='')}.json"))
        stream = mapping(topic.get("post_stream"))
        rows = {string(row.get("id")): row for row in _rows(stream.get("posts"))}
        missing = [name for one in sequence(stream.get("stream")) if (name := string(one)) and name not in rows]
        size = topic.get("chunk_size")
        size = size if isinstance(size, int) and 0 < size <= 100 else _CHUNK
        for start in range(0, len(missing), size):
            asked = {"post_ids[]": missing[start : start + size]}
            found = mapping(self._get(f"t/{quote(id, safe='')}/posts.json", asked))
            rows.update((string(row.get("id")), row) for row in _rows(mapping(found.get("post_stream")).get("posts")))
        posts = sorted(rows.values(), key=number_of)
        first = posts[0] if posts and number_of(posts[0]) == 1 else {}
        ids = {number_of(row): string(row.get("id")) for row in posts if number_of(row) > 1}
        head = _post(first, topic, self._url)
        comments = [
            comment_of(row, parent_id=ids.get(answered(row)), url=_address(row, self._url))
            for row in posts
            if row is not first and row.get("post_type") not in (NOTICE, _WHISPER) and _is_shown(row)
        ]
        return Thread(site=self._url, id=id, title=head.title, url=head.url, post=head, comments=comments)

    def comment(self, id: str) -> Sighting | None:
        """Return a post; None when it was deleted, or hidden from the login, or has left the queue."""
        try:
            if is_queued(id):
                return self._review.comment(id)
            row = self._row(id)
        except NotFoundError:
            return None
        except LoginError:
            # To strangers, what they may not see is as good as gone.
            if self._user:
                raise
            return None
        found = self._sighting(row)
        return None if found.comment.status == "deleted" or not _is_shown(row) else found

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Hide, show, delete or answer a post, or flag it; let one out of the queue or not."""
        if is_queued(id):
            self._review.act(verb, id)
            return
        row = self._row(id)
        if number_of(row) == 1:
            raise RefusedError(f"{self._url}: post {id} begins a topic, and is no comment")
        path = f"posts/{quote(id, safe='')}"
        if verb == "approve":
            if row.get("deleted_at"):
                self._send("PUT", f"{path}/recover.json")
            elif row.get("hidden") is True:
                self._send("PUT", f"{path}/unhide.json")
        elif verb == "remove":
            self._send("DELETE", f"{path}.json")
        elif verb == "reply":
            answer = {
                "topic_id": row.get("topic_id"),
                "reply_to_post_number": number_of(row),
                "raw": written(text or ""),
            }
            self._send("POST", "posts.json", answer)
        elif verb in _FLAGS:
            flag = {"id": row.get("id"), "post_action_type_id": _FLAGS[verb]}
            # A flag of staff that takes action hides the post at once.
            more = {"message": text or ""} if verb == "report" else {"take_action": "true"}
            self._send("POST", "post_actions.json", {**flag, **more})
        else:
            raise Unsupported(f"Discourse has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a post is so, has the flag of the bot's user, or its answer."""
        try:
            if is_queued(id):
                return self._review.took(id)
            row = self._row(id)
        except NotFoundError:
            return verb == "remove"
        if verb == "report":
            flags = [mapping(one) for one in sequence(row.get("actions_summary"))]
            return any(one.get("id") == _FLAGS["report"] and one.get("acted") is True for one in flags)
        if verb == "reply":
            answers = _rows(self._get(f"posts/{quote(id, safe='')}/replies.json"))
            ours = [string(one.get("id")) or "" for one in answers if one.get("username") == self._user]
            return any(is_same(string(self._row(one).get("raw")), written(text or "")) for one in ours)
        is_gone, is_hidden = bool(row.get("deleted_at")), row.get("hidden") is True
        return is_gone if verb == "remove" else is_hidden if verb in ("hold", "spam") else not (is_gone or is_hidden)

    def prove(self) -> Iterator[Proof]:
        """Yield whether the forum answers, the key holds, and its user may moderate."""
        try:
            mapping(self._get("posts.json"))
        except LoginError as error:
            mend = (
                "make a new key under Admin, API; it must be for this user, or for all" if self._user else "give a key"
            )
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        except (NotFoundError, BadReply) as error:
            yield Proof(name="site", ok=False, said=error.problem, mend="write the address of the forum into url")
            return
        yield Proof(name="site", ok=True, said="the forum answers")
        if not self._user:
            yield Proof(name="login", ok=True, said="no login: public posts are seen, and nothing can be done")
            return
        user = mapping(mapping(self._get("session/current.json")).get("current_user"))
        yield Proof(name="login", ok=True, said="the key holds")
        if user.get("moderator") is True or user.get("admin") is True:
            yield Proof(name="rights", ok=True, said="the user may moderate")
        else:
            mend = "make the user a moderator: what is held is seen and done by moderators only"
            yield Proof(name="rights", ok=False, said="the user is no moderator", mend=mend)

    def _following(self, rows: Sequence[Row], before: int | None) -> int | None:
        """Return the id that the next page is asked before, None after the lowest: an empty page is no end."""
        lowest = min((id for row in rows if isinstance(id := row.get("id"), int)), default=None)
        if lowest is None and before is not None:
            # Of the fifty ids that an old version looked at, the lowest is before - 49.
            lowest = before - PER_PAGE + 1
        return lowest if lowest is not None and lowest > 1 else None

    def _newest_id(self) -> int | None:
        """Return the highest id in the topic that was answered last: the newest posts may be none of the public's."""
        topics = [
            mapping(one) for one in sequence(mapping(mapping(self._get("latest.json")).get("topic_list")).get("topics"))
        ]
        # Those that are pinned stand first, however old they are.
        newest = max(topics, key=lambda one: string(one.get("bumped_at")) or "", default={})
        if (topic := string(newest.get("id"))) is None:
            return None
        with suppress(NotFoundError, LoginError):
            stream = mapping(mapping(self._get(f"t/{topic}.json")).get("post_stream")).get("stream")
            return max((id + 1 for id in sequence(stream) if isinstance(id, int)), default=None)
        return None

    def _row(self, id: str) -> Row:
        return mapping(self._get(f"posts/{quote(id, safe='')}.json"))

    def _sighting(self, row: Row) -> Sighting:
        topic = _topic(row)
        if string(row.get("id")) is None or not topic:
            raise BadReply("a post without an id or a topic")
        parent = self._parent(topic, answered(row))
        return Sighting(post_id=topic, comment=comment_of(row, parent_id=parent, url=_address(row, self._url)))

    def _parent(self, topic: str, number: int) -> str | None:
        """Return the id of a post by its number, asked for where no page has told it."""
        if number <= 1:
            return None
        if (topic, number) not in self._ids:
            found: Row = {}
            with suppress(NotFoundError, LoginError):
                found = mapping(self._get(f"posts/by_number/{quote(topic, safe='')}/{number}.json"))
            self._ids[topic, number] = string(found.get("id"))
        while len(self._ids) > _MOST_NUMBERS:
            self._ids.popitem(last=False)
        return self._ids[topic, number]

    def _get(self, path: str, params: "Params | None" = None) -> object:
        return self._http.get(f"{self._url}/{path}", params).json()

    def _send(self, method: str, path: str, data: Row | None = None) -> None:
        self._http.send(method, f"{self._url}/{path}", json=data)


def _rows(value: object) -> list[Row]:
    return [row for row in sequence(value) if isinstance(row, dict)]


def _topic(row: Row) -> str:
    return string(row.get("topic_id")) or ""


def _is_shown(row: Row) -> bool:
    """Tell whether a post's words are shown to the login: those of a hidden one are others to most."""
    return row.get("cooked_hidden") is not True


def _post(first: Row, topic: Row, url: str) -> Post:
    """Return what a topic's first post says, with what the topic, or the post in a listing, says of itself."""
    body, format = body_of(first)
    return Post(
        id=_topic(first) or string(topic.get("id")) or "",
        title=string(topic.get("title")) or string(topic.get("topic_title")),
        author=string(first.get("username")),
        body=body,
        format=format,
        url=_address(first, url),
        posted_at=parse_date(string(first.get("created_at")) or string(topic.get("created_at"))),
    )


def _address(row: Row, url: str) -> str | None:
    topic, slug = _topic(row), string(row.get("topic_slug")) or "-"
    return f"{url}/t/{quote(slug, safe='')}/{quote(topic, safe='')}/{number_of(row)}" if topic else None

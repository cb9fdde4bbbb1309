"""Reddit: the comments of one subreddit, over its API with a login (OAuth 2).

The listing begins with the newest and shows about a thousand. It is asked with `after` and the last comment of a page;
where that one was deleted Reddit answers with nothing, as if the listing ended there, so the ones before it are tried
too. `before` does so silently at the head of the listing, and is not used. What a moderator removes stays, and can be
approved again: so `hold` and `remove` are one and the same here. Text is Markdown.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from pydantic import Field, model_validator

from adapters.base import Ask, Batch, Capabilities, PlatformOptions, Proof, Sighting, Verb
from adapters.bearer import Bearer, basic
from adapters.errors import BadReply, LoginError, NotFoundError, RateLimited, RefusedError, Unsupported
from adapters.markdown import is_same, written
from adapters.reply import Reply
from adapters.saved.jsontext import Json, Row, mapping, sequence, string
from adapters.saved.reddit import comment_of, thread_of, unpacked
from adapters.secrets import Secret
from adapters.thread import Thread

if TYPE_CHECKING:
    from adapters.http import Http, Params

NAME = "reddit"
TITLE = "Reddit"
CAPABILITIES = Capabilities(
    verbs=frozenset({"hold", "approve", "spam", "remove", "reply", "report"}),
    # Those that were removed show to moderators only.
    sees=frozenset({"held", "spam", "edited", "deleted"}),
    order="newest-first",
)
_READING = Capabilities(verbs=frozenset(), sees=frozenset({"edited", "deleted"}), order="newest-first")

PER_PAGE = 100
# What is asked for at once of comments that a thread leaves out.
_PER_MORE = 100
# So many comments before the last one of a page are tried where that one was deleted.
_ANCHORS = 5
_REPORT_CHARACTERS = 100
_SUBREDDIT = re.compile(r"(.*)/r/(\w{2,50})")


class Options(PlatformOptions):
    """Hold the address of the subreddit in `url`, and the app by which it is asked."""

    client_id: str = Field(description="the id of the app that was made for the bot, under its name")
    client_secret: Secret | None = Field(None, description="the app's secret; an installed app has none")
    refresh_token: Secret | None = Field(None, description="the token of a permanent leave that the bot's user gave")
    user: str | None = Field(None, description="or, for an app of the kind script, the name of the bot's user")
    password: Secret | None = Field(None, description="and its password")

    @model_validator(mode="after")
    def _check(self) -> "Options":
        if not _SUBREDDIT.fullmatch(self.url):
            raise ValueError("the address of a subreddit is wanted: https://www.reddit.com/r/NAME")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        if self.user is not None and self.refresh_token is not None:
            raise ValueError("one login is enough: refresh_token, or user and password")
        if self.user is not None and self.client_secret is None:
            raise ValueError("user and password need the client_secret of an app of the kind script")
        return self


def open(options: Options, http: "Http", *, environment: Mapping[str, str]) -> "Reddit":
    """Return the subreddit at an address, without a request; raises SecretError."""
    found = _SUBREDDIT.fullmatch(options.url)
    base, name = (found[1], found[2]) if found else (options.url, "")
    host = urlsplit(base).hostname or ""
    is_reddit = host == "reddit.com" or host.endswith(".reddit.com")
    gate, api = ("https://www.reddit.com", "https://oauth.reddit.com") if is_reddit else (base, base)
    http.allow(gate, api)
    secret = options.client_secret.reveal(environment) if options.client_secret else ""
    grant = {"grant_type": "client_credentials"}
    if options.refresh_token is not None:
        grant = {"grant_type": "refresh_token", "refresh_token": options.refresh_token.reveal(environment)}
    elif options.user is not None and options.password is not None:
        grant = {
            "grant_type": "password",
            "username": options.user,
            "password": options.password.reveal(environment),
        }
    app = {"Authorization": basic(options.client_id, secret)}

    def issue() -> tuple[str, float | None]:
        said = mapping(http.query(f"{gate}/api/v1/access_token", data=grant, headers=app).json())
        token, seconds = string(said.get("access_token")), said.get("expires_in")
        if token is None:
            raise LoginError(f"Reddit gives no token: {string(said.get('error')) or 'it does not say why'}", status=200)
        return token, float(seconds) if isinstance(seconds, int | float) else None

    return Reddit(api, name, http, Bearer(http, issue), acts=grant["grant_type"] != "client_credentials")


class Reddit:
    """Speak of one subreddit."""

    def __init__(self, api: str, subreddit: str, http: "Http", bearer: Bearer, *, acts: bool) -> None:
        self._api, self._subreddit, self._http, self._bearer, self._acts = api, subreddit, http, bearer, acts

    @property
    def capabilities(self) -> Capabilities:
        """What the login allows."""
        return CAPABILITIES if self._acts else _READING

    def recent(self, ask: Ask) -> Batch:
        """Return a page of the subreddit's comments, the newest first."""
        path, things = f"r/{self._subreddit}/comments", list[Row]()
        following: str | None = None
        for anchor in ask.token.split() if ask.token else ("",):
            params: dict[str, str | int] = {"limit": PER_PAGE, **({"after": anchor} if anchor else {})}
            reply = self._get(path, params, if_changed=ask.if_changed)
            if reply.unchanged:
                return Batch(unchanged=True)
            listing = _listing(reply)
            things = [thing for thing in unpacked(listing, _pass) if thing["kind"] == "t1"]
            following = string(mapping(listing.get("data")).get("after"))
            if things or following:
                break
        names = [name for thing in things if (name := string(thing["data"].get("name")))]
        anchors = dict.fromkeys(filter(None, [following, *names[: -_ANCHORS - 1 : -1]]))
        sightings = [_sighting(thing) for thing in things]
        return Batch(
            comments=sightings,
            deleted=[one.comment.id for one in sightings if _is_gone(one)],
            next=" ".join(anchors) if following else None,
            cut=following is None,
        )

    def thread(self, id: str) -> Thread:
        """Return a post and its comments, with those that its page leaves out; one request a hundred of them."""
        rows: dict[str, Row] = {}
        posts: list[Row] = []
        hidden: dict[str, None] = {}
        deeper: dict[str, None] = {}

        def note(more: Row) -> None:
            children = [child for one in sequence(more.get("children")) if (child := string(one))]
            hidden.update(dict.fromkeys(children))
            if not children:
                # "Continue this thread": what hangs under a comment is on a page of its own.
                deeper[(string(more.get("parent_id")) or "").partition("_")[2]] = None

        def keep(document: Json) -> None:
            for thing in unpacked(document, note):
                data = thing["data"]
                if thing["kind"] == "t3":
                    posts.append(data)
                elif name := string(data.get("id")):
                    rows.setdefault(name, data)

        asked: set[str] = set()
        path = f"comments/{quote(id, safe='')}"
        keep(self._get(path, {"limit": 500, "sort": "old"}).json())
        while True:
            some = [child for child in hidden if child not in asked and child not in rows][:_PER_MORE]
            below = next((parent for parent in deeper if f"_{parent}" not in asked), None)
            if some:
                asked.update(some)
                children: dict[str, str | int] = {"link_id": f"t3_{id}", "children": ",".join(some), "api_type": "json"}
                keep(self._get("api/morechildren", {**children, "sort": "old"}).json())
            elif below is not None:
                asked.add(f"_{below}")
                if below:
                    keep(self._get(f"{path}/_/{quote(below, safe='')}", {"limit": 500, "sort": "old"}).json())
            else:
                break
        if not posts:
            raise BadReply(f"{self._api}: a thread without its post")
        return thread_of(id, posts[0], list(rows.values()), escaped=False)

    def comment(self, id: str) -> Sighting | None:
        """Return a comment; None when its author deleted it, or it was removed and the login may not see it."""
        thing = self._thing(id)
        found = _sighting(thing) if thing else None
        return None if found is None or _is_gone(found) else found

    def act(self, verb: Verb, id: str, text: str | None) -> None:
        """Remove or approve a comment, answer or report it."""
        name = f"t1_{id}"
        if verb in ("hold", "remove", "spam"):
            self._post("api/remove", {"id": name, "spam": "true" if verb == "spam" else "false"})
        elif verb == "approve":
            self._post("api/approve", {"id": name})
        elif verb == "reply":
            self._post("api/comment", {"thing_id": name, "text": written(text or "")})
        elif verb == "report":
            self._post("api/report", {"id": name, "reason": (text or "")[:_REPORT_CHARACTERS]})
        else:
            raise Unsupported(f"Reddit has no {verb}")

    def took(self, verb: Verb, id: str, text: str | None) -> bool | None:
        """Tell whether a comment is so, or has the answer; of a report, and to those who do not moderate, nothing."""
        thing = self._thing(id)
        if thing is None or verb == "report":
            return None
        row = mapping(thing["data"])
        if verb == "reply":
            link = string(thing["thread"]) or ""
            reply = self._get(f"comments/{quote(link, safe='')}/_/{quote(id, safe='')}", {"limit": 500, "sort": "new"})
            things = [thing["data"] for thing in unpacked(reply.json(), _pass) if thing["kind"] == "t1"]
            ours = [string(one.get("body")) for one in things if one.get("parent_id") == f"t1_{id}"]
            return any(is_same(one, written(text or "")) for one in ours)
        if "removed" not in row:
            return None
        if verb == "approve":
            return row.get("removed") is not True and row.get("spam") is not True
        return bool(row.get("spam") if verb == "spam" else row.get("removed"))

    def prove(self) -> Iterator[Proof]:
        """Yield whether the login holds, the subreddit is there, and the user moderates it."""
        try:
            about = mapping(mapping(self._get(f"r/{self._subreddit}/about").json()).get("data"))
        except LoginError as error:
            mend = "see that client_id, client_secret and the login belong to one app, and that the user may read there"
            yield Proof(name="login", ok=False, said=error.problem, mend=mend)
            return
        except NotFoundError as error:
            yield Proof(name="site", ok=False, said=error.problem, mend="write the subreddit's address into url")
            return
        yield Proof(name="login", ok=True, said="Reddit gives a token")
        yield Proof(name="site", ok=True, said=f"r/{self._subreddit} answers")
        if not self._acts:
            yield Proof(name="rights", ok=True, said="no user: comments are seen, and nothing can be done")
            return
        if about.get("user_is_moderator") is True:
            yield Proof(name="rights", ok=True, said="the user moderates the subreddit")
            return
        mend = "let the subreddit make the user a moderator with the right to manage posts and comments"
        yield Proof(name="rights", ok=False, said="the user does not moderate the subreddit", mend=mend)

    def _thing(self, id: str) -> Row | None:
        document = self._get("api/info", {"id": f"t1_{id}"}).json()
        return next((thing for thing in unpacked(document, _pass) if thing["kind"] == "t1"), None)

    def _get(self, path: str, params: "Params | None" = None, *, if_changed: bool = False) -> Reply:
        # Without raw_json Reddit writes entities for <, > and &.
        asked = {**(params or {}), "raw_json": 1}
        return self._bearer.signed(lambda: self._http.get(f"{self._api}/{path}", asked, if_changed=if_changed))

    def _post(self, path: str, data: Mapping[str, str]) -> None:
        data = {**data, "api_type": "json"}
        reply = self._bearer.signed(lambda: self._http.send("POST", f"{self._api}/{path}", data=data))
        # What Reddit refuses it may answer with 200.
        for error in sequence(mapping(mapping(reply.json()).get("json")).get("errors")):
            code, *said = [string(part) or "" for part in sequence(error)] or [""]
            told = f"Reddit refuses: {said[0] if said else code}"
            kind = RateLimited if code == "RATELIMIT" else NotFoundError if code == "DELETED_COMMENT" else RefusedError
            raise kind(told[:300], status=200, code=code)


def _listing(reply: Reply) -> Row:
    found = mapping(reply.json())
    if found.get("kind") != "Listing":
        raise BadReply("no listing of comments, but something else in JSON")
    return found


def _sighting(thing: Row) -> Sighting:
    row, link = thing["data"], string(thing["thread"])
    if string(row.get("id")) is None or link is None:
        raise BadReply("a comment without an id or a post")
    page = string(row.get("link_permalink"))
    return Sighting(post_id=link, comment=comment_of(row, 1, escaped=False, page=page))


def _is_gone(sighting: Sighting) -> bool:
    return sighting.comment.status in ("deleted", "removed")


def _pass(more: Row) -> None:
    pass

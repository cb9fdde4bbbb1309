"""Post, Comment and Thread: what every adapter yields and everything else reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Format = Literal["html", "markdown", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Hold the text that the comments answer; `posted_at` is in UTC."""

    id: str
    title: str | None = None
    author: str | None = None
    body: str = ""
    format: Format = "html"
    url: str | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """Hold one comment as its platform gave it; times are in UTC, `status` is the platform's own word."""

    id: str
    parent_id: str | None = None
    author: str | None = None
    body: str = ""
    format: Format = "html"
    url: str | None = None
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Hold a post and its comments in time order."""

    site: str | None
    id: str
    title: str | None
    url: str | None
    post: Post
    comments: Sequence[Comment]

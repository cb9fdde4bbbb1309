"""What a live platform hands over at one poll: a page of comments, and where the next one begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.thread import Comment, Post

# Whatever JSON an adapter finds its place by; nobody else reads it. None is the beginning.
Cursor = Mapping[str, object] | Sequence[object] | str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Be a comment as it was seen under a post."""

    post_id: str
    comment: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Hold what one poll saw, read from the cursor `after`, in any order and with anything known seen again.

    `deleted` are ids of comments that are gone; `cursor` is where the next page begins.
    """

    after: Cursor
    cursor: Cursor
    posts: Sequence[Post] = ()
    comments: Sequence[Sighting] = ()
    deleted: Sequence[str] = ()

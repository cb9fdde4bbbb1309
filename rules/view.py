"""A thread as rules see it: the post and the comments, rendered once, numbered in time order."""

from collections.abc import Sequence
from functools import cached_property

from adapters.thread import Comment, Post, Thread
from rules.document import Document, render
from rules.words import Words


class Entry:
    """Be the post or a comment, with its text."""

    def __init__(self, number: int, content: Post | Comment) -> None:
        self.number = number
        self.content = content
        self.id = content.id
        self.author = content.author

    @property
    def is_post(self) -> bool:
        """Tell the post from the comments."""
        return self.number == 0

    @cached_property
    def document(self) -> Document:
        """The rendered body."""
        return render(self.content.body, self.content.format)

    @cached_property
    def words(self) -> Words:
        """The words of the rendered body."""
        return Words(self.document.text)


class ThreadView:
    """Hold the entries of a thread: number 0 is the post, the others are the comments in time order."""

    def __init__(self, thread: Thread) -> None:
        self.thread = thread
        self.entries: Sequence[Entry] = [
            Entry(0, thread.post),
            *(Entry(number, comment) for number, comment in enumerate(thread.comments, 1)),
        ]
        self._numbers = {entry.id: entry.number for entry in self.entries[1:]}

    def parent(self, entry: Entry) -> Entry | None:
        """Return the comment that a comment answers, when the platform says so."""
        parent_id = entry.content.parent_id if isinstance(entry.content, Comment) else None
        number = self._numbers.get(parent_id) if parent_id is not None else None
        return None if number is None else self.entries[number]

    @cached_property
    def authors(self) -> dict[str, list[int]]:
        """The numbers of each author's entries, by the folded name."""
        found: dict[str, list[int]] = {}
        for entry in self.entries:
            if entry.author and (name := entry.author.strip().casefold()):
                found.setdefault(name, []).append(entry.number)
        return found


def same_author(one: Entry, other: Entry) -> bool:
    """Tell whether two entries carry the same name."""
    if not one.author or not other.author:
        return False
    return one.author.strip().casefold() == other.author.strip().casefold()

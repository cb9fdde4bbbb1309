"""A thread as rules see it: the post and the comments, rendered once, numbered in time order."""

from functools import cached_property
from typing import Protocol

from adapters.thread import Comment, Post, Thread
from rules.document import Document
from rules.markup import render
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
    """Hold the entries of a thread: number 0 is the post, the others are the comments in time order.

    What is asked of it about an entry depends on no later one, so that a thread may be read as it grows.
    """

    def __init__(self, thread: Thread) -> None:
        self.entries: list[Entry] = []
        self.authors: dict[str, list[int]] = {}  # the numbers of each author's entries, by the folded name
        self.before: list[
            int
        ] = []  # for each entry the number of the one just before it, passing over its author's own
        self._numbers: dict[str, int] = {}
        self._called: dict[str, str] = {}
        self._add(thread.post)
        self.grow(thread)

    def grow(self, thread: Thread) -> None:
        """Take on the comments that the thread has gained at its end."""
        self.thread = thread
        for comment in thread.comments[len(self.entries) - 1 :]:
            self._numbers[comment.id] = len(self.entries)
            self._add(comment)

    def _add(self, content: Post | Comment) -> None:
        entry = Entry(len(self.entries), content)
        previous = max(0, entry.number - 1)
        is_own = previous > 0 and same_author(self.entries[previous], entry)
        self.before.append(self.before[previous] if is_own else previous)
        self.entries.append(entry)
        if author := (entry.author or "").strip().casefold():
            self.authors.setdefault(author, []).append(entry.number)
            first_name = author.split()[0]
            for name in (author, first_name) if len(first_name) > 2 else (author,):
                self._called.setdefault(name, author)

    def parent(self, entry: Entry) -> Entry | None:
        """Return the earlier comment that a comment answers, when the platform says so."""
        parent_id = entry.content.parent_id if isinstance(entry.content, Comment) else None
        parent = self.comment(parent_id) if parent_id is not None else None
        return parent if parent is not None and parent.number < entry.number else None

    def comment(self, id: str) -> Entry | None:
        """Return the comment of that id."""
        number = self._numbers.get(id)
        return None if number is None else self.entries[number]

    def called(self, name: str, entry: Entry) -> str | None:
        """Return the author, as in `authors`, that a name or first name stands for in an entry: the first to write."""
        author = self._called.get(name.strip().casefold())
        return author if author is not None and self.authors[author][0] <= entry.number else None


class Authored(Protocol):
    """Be anything that somebody has written."""

    @property
    def author(self) -> str | None: ...


def same_author(one: Authored, other: Authored) -> bool:
    """Tell whether two texts carry the same name."""
    if not one.author or not other.author:
        return False
    return one.author.strip().casefold() == other.author.strip().casefold()

"""A thread as rules see it: the post and the comments, rendered once, numbered in time order."""

from collections.abc import Sequence
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
        return self.comment(parent_id) if parent_id is not None else None

    def comment(self, id: str) -> Entry | None:
        """Return the comment of that id."""
        number = self._numbers.get(id)
        return None if number is None else self.entries[number]

    @cached_property
    def authors(self) -> dict[str, list[int]]:
        """The numbers of each author's entries, by the folded name."""
        found: dict[str, list[int]] = {}
        for entry in self.entries:
            if entry.author and (name := entry.author.strip().casefold()):
                found.setdefault(name, []).append(entry.number)
        return found

    @cached_property
    def called(self) -> dict[str, str]:
        """The author, as in `authors`, that a folded name or first name stands for: the first to have written."""
        found: dict[str, str] = {}
        for author in self.authors:
            first_name = author.split()[0]
            for name in (author, first_name) if len(first_name) > 2 else (author,):
                found.setdefault(name, author)
        return found

    @cached_property
    def before(self) -> Sequence[int]:
        """For each entry the number of the one just before it, passing over comments of its own author."""
        found = [0, 0]
        for number in range(2, len(self.entries)):
            previous = number - 1
            is_own = previous > 1 and same_author(self.entries[previous], self.entries[number])
            found.append(found[previous] if is_own else previous)
        return found


class Authored(Protocol):
    """Be anything that somebody has written."""

    @property
    def author(self) -> str | None: ...


def same_author(one: Authored, other: Authored) -> bool:
    """Tell whether two texts carry the same name."""
    if not one.author or not other.author:
        return False
    return one.author.strip().casefold() == other.author.strip().casefold()

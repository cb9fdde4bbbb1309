"""Small threads written as dialogues: `post: text`, then `NAME: text` for each comment; deeper lines carry on."""

import re
from textwrap import dedent

from adapters.thread import Comment, Format, Post, Thread

_LINE = re.compile(r"(?P<name>[^\s:][^:]{0,30}): ?(?P<text>.*)")


def thread_of(dialogue: str, *, format: Format = "plain", site: str = "test") -> Thread:
    """Return the thread of a dialogue; comments are numbered from 1, `NAME>2: text` answers comment 2."""
    turns: list[tuple[str, list[str]]] = []
    for line in dedent(dialogue).strip("\n").split("\n"):
        turn = None if line.startswith((" ", "\t")) else _LINE.fullmatch(line)
        if turn:
            turns.append((turn["name"], [turn["text"]]))
        else:
            turns[-1][1].append(line.strip())
    post = Post(id="p", format=format)
    comments = []
    for name, lines in turns:
        body = "\n".join(lines).strip()
        if name == "post":
            post = Post(id="p", author="Editor", body=body, format=format)
            continue
        author, _, parent = name.partition(">")
        comments.append(
            Comment(id=str(len(comments) + 1), author=author, parent_id=parent or None, body=body, format=format)
        )
    return Thread(site=site, id="t", title=None, url=None, post=post, comments=comments)

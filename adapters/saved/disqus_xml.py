"""A Disqus export (XML): first all threads, then all posts, each of which names its thread and the post it answers.

Because of that order the whole export is in memory before the first thread is told. Deleted posts and spam are there
with that status; threads without posts give nothing.
"""

from collections.abc import Iterator

from adapters.dates import parse_date
from adapters.errors import ReadError
from adapters.saved.source import Source
from adapters.saved.xmltext import Element, person, plain, read_elements, root_tag
from adapters.thread import Comment, Post, Thread

NAME = "disqus"
TITLE = "Disqus export (XML)"


def recognises(head: str) -> bool:
    """Tell whether the document's first element is Disqus's."""
    return root_tag(head)[0] == "disqus"


def read(source: Source) -> Iterator[Thread]:
    """Yield the threads that have posts; those gathered before a place that cannot be read come before its error."""
    threads: dict[str, Element] = {}
    posts: dict[str, list[Element]] = {}
    trouble: ReadError | None = None
    homeless = 0
    try:
        for element in read_elements(source, ("thread", "post")):
            if element.name == "thread":
                threads[element.attributes.get("id", "")] = element
                continue
            home = element.child("thread")
            if id := home.attributes.get("id", "") if home else "":
                posts.setdefault(id, []).append(element)
            else:
                homeless += 1
    except ReadError as error:
        trouble = error
    if homeless:
        source.lose(ReadError(f"{homeless} posts name no thread: they are left out", mend="export them again"))
    for id in {**threads, **posts}:
        if id in posts:
            yield _thread(id, threads.get(id), posts[id])
    if trouble:
        raise trouble
    if not posts:
        raise ReadError("an export without any comment", mend="export the forum's comments again")


def _thread(id: str, thread: Element | None, posts: list[Element]) -> Thread:
    thread = thread or Element("thread", "", {}, [])
    post = Post(
        id=id,
        title=plain(thread.value("title")),
        author=_author(thread),
        body=thread.value("message") or "",
        url=thread.value("link"),
        posted_at=parse_date(thread.value("createdAt")),
    )
    return Thread(
        site=thread.value("forum") or posts[0].value("forum"),
        id=id,
        title=post.title,
        url=post.url,
        post=post,
        comments=[_comment(element, post.url, number) for number, element in enumerate(posts, 1)],
    )


def _comment(post: Element, url: str | None, number: int) -> Comment:
    own = post.attributes.get("id")
    id = own or post.value("id") or str(number)
    parent = post.child("parent")
    return Comment(
        id=id,
        parent_id=(parent.attributes.get("id") or None) if parent else None,
        author=_author(post),
        body=post.value("message") or "",
        url=f"{url}#comment-{own}" if url and own else None,
        posted_at=parse_date(post.value("createdAt")),
        status=_status(post),
    )


def _author(element: Element) -> str | None:
    author = element.child("author")
    return person(author.value("name")) or person(author.value("username")) if author else None


def _status(post: Element) -> str:
    if post.value("isDeleted") == "true":
        return "deleted"
    if post.value("isSpam") == "true":
        return "spam"
    return "held" if post.value("isApproved") == "false" else "approved"

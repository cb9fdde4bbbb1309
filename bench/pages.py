"""Measure the reader of saved pages: `python bench/pages.py ../shared [--misses]`.

Prints one JSON line: the shares of comments found, and of those found the shares with author, date and text, how many
comments were found that are none (`extras`), pages and seconds. The pages and the ids that they hold are in
`fixtures/pages-expected.json` of the folder that is named.
"""

import json
import sys
import time
from pathlib import Path

from adapters.errors import ReadError
from adapters.saved import html_page
from adapters.saved.repair import repair
from adapters.saved.source import Source
from adapters.thread import Comment


def measure(shared: Path) -> dict[str, object]:
    """Return the figures for all pages, with the misses under `misses`."""
    fixtures = shared / "fixtures"
    expected = json.loads((fixtures / "pages-expected.json").read_text("utf-8"))
    started = time.perf_counter()
    wanted = found = authors = dates = bodies = extras = 0
    misses: list[str] = []
    for page, row in expected.items():
        ids = row["comment_ids"]
        comments = read_comments(fixtures / page)
        wanted += len(ids)
        extra = [id for id in comments if id not in set(ids)]
        extras += len(extra)
        misses.extend(f"{page}: {id} is no comment" for id in extra)
        for id in ids:
            comment = comments.get(id)
            if comment is None:
                misses.append(f"{page}: {id} not found")
                continue
            found += 1
            authors += comment.author is not None
            dates += comment.posted_at is not None
            bodies += bool(comment.body)
            missing = [name for name in ("author", "posted_at", "body") if not getattr(comment, name)]
            if missing:
                misses.append(f"{page}: {id} without {', '.join(missing)}")
    return {
        "found": round(found / wanted, 4),
        "author": round(authors / max(found, 1), 4),
        "date": round(dates / max(found, 1), 4),
        "body": round(bodies / max(found, 1), 4),
        "extras": extras,
        "comments": wanted,
        "pages": len(expected),
        "seconds": round(time.perf_counter() - started, 2),
        "misses": misses,
    }


def read_comments(path: Path) -> dict[str, Comment]:
    """Return the comments of one page by id; none where the reader finds none."""
    source = Source(str(path), on_notice=lambda notice: None, on_bytes=lambda count: None)
    try:
        threads = [repair(thread, lambda text: None) for thread in html_page.read(source)]
    except ReadError:
        return {}
    return {comment.id: comment for thread in threads for comment in thread.comments}


if __name__ == "__main__":
    figures = measure(Path(sys.argv[1]))
    told = figures.pop("misses")
    print(json.dumps(figures))
    if "--misses" in sys.argv and isinstance(told, list):
        print("\n".join(told))

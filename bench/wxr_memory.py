"""Measure the memory and time that a large export takes.

`python bench/wxr_memory.py [--mb 1024] [--format wxr|native]` writes a made-up export of that size, reads it in a
process of its own, prints one line of JSON with the size in MB, the comments read, the seconds and the peak of resident
memory in MB, and removes the file.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
WORDS = """garden bread tram morning letter window harbour winter recipe engine river paper school market bridge lantern
    painting quiet corner summer station orchard ladder copper kettle violin meadow ferry almond archive""".split()
COMMENTS_A_POST = 40


def texts(seed: int = 7) -> list[str]:
    """Return comment texts of 60 to 2,000 characters, in paragraphs."""
    dice = random.Random(seed)  # noqa: S311  # nothing secret
    return [
        "\n\n".join(" ".join(dice.choices(WORDS, k=dice.randint(8, 70))) + "." for _ in range(dice.randint(1, 4)))
        for _ in range(200)
    ]


def wxr_pieces() -> Iterator[str]:
    """Yield an endless export, item by item, after its head."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/'
        'content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>\n'
    )
    bodies, comment = texts(), 0
    for post in range(1, sys.maxsize):
        rows = []
        for place in range(COMMENTS_A_POST):
            comment += 1
            rows.append(
                f"<wp:comment><wp:comment_id>{comment}</wp:comment_id>"
                f"<wp:comment_author><![CDATA[Reader {comment % 977}]]></wp:comment_author>"
                f"<wp:comment_author_email>reader{comment % 977}@blog.example</wp:comment_author_email>"
                f"<wp:comment_author_url></wp:comment_author_url><wp:comment_author_IP></wp:comment_author_IP>"
                f"<wp:comment_date>2024-03-01 10:{place:02}:00</wp:comment_date>"
                f"<wp:comment_date_gmt>2024-03-01 09:{place:02}:00</wp:comment_date_gmt>"
                f"<wp:comment_content><![CDATA[{bodies[comment % len(bodies)]}]]></wp:comment_content>"
                f"<wp:comment_approved>1</wp:comment_approved><wp:comment_type>comment</wp:comment_type>"
                f"<wp:comment_parent>{comment - 1 if place else 0}</wp:comment_parent>"
                f"<wp:comment_user_id>0</wp:comment_user_id></wp:comment>\n"
            )
        yield (
            f"<item><title>Post {post}</title><link>https://blog.example/{post}/</link><dc:creator>ed</dc:creator>"
            f"<content:encoded><![CDATA[{bodies[post % len(bodies)]}]]></content:encoded>"
            f"<wp:post_id>{post}</wp:post_id><wp:post_date_gmt>2024-03-01 08:00:00</wp:post_date_gmt>\n"
            f"{''.join(rows)}</item>\n"
        )


def native_pieces() -> Iterator[str]:
    """Yield endless lines of Quotewarden's own JSON."""
    bodies, comment = texts(), 0
    for post in range(1, sys.maxsize):
        rows = []
        for place in range(COMMENTS_A_POST):
            comment += 1
            rows.append(
                {
                    "id": str(comment),
                    "parent_id": str(comment - 1) if place else None,
                    "author": f"Reader {comment % 977}",
                    "body": bodies[comment % len(bodies)],
                    "format": "plain",
                    "posted_at": f"2024-03-01T09:{place:02}:00Z",
                }
            )
        post_row = {"id": str(post), "title": f"Post {post}", "body": bodies[post % len(bodies)]}
        yield json.dumps({"id": str(post), "post": post_row, "comments": rows}) + "\n"


def write(path: Path, megabytes: int, format: str) -> None:
    """Write an export that is complete and hardly larger than asked."""
    with path.open("w", encoding="utf-8") as file:
        for piece in wxr_pieces() if format == "wxr" else native_pieces():
            file.write(piece)
            if file.tell() >= megabytes << 20:
                break
        if format == "wxr":
            file.write("</channel></rss>\n")


def read(path: Path, format: str) -> dict[str, float]:
    """Read the export, keep nothing, and return the figures."""
    sys.path.insert(0, str(HOUSE))
    from adapters.saved.threads import read_threads

    started = time.perf_counter()
    threads = read_threads(str(path), format=format, on_notice=print, on_bytes=lambda _: None)
    comments = sum(len(thread.comments) for thread in threads)
    return {
        "mb": round(path.stat().st_size / 2**20),
        "comments": comments,
        "seconds": round(time.perf_counter() - started, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Write, read in a process of its own, print, remove."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--mb", type=int, default=1024)
    arguments.add_argument("--format", choices=("wxr", "native"), default="wxr")
    arguments.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.read:
        print(json.dumps({"format": options.format, **read(options.read, options.format)}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("export.xml" if options.format == "wxr" else "threads.jsonl")
        write(path, options.mb, options.format)
        command = [sys.executable, __file__, "--read", str(path), "--format", options.format]
        sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603  # our own file


if __name__ == "__main__":
    main()

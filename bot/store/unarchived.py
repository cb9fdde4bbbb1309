"""What the archive has still to be told of the store: noted with each page, told when there is time.

The archive is a file of its own, so that the two cannot change in one transaction. A text stays noted until the archive
has it; one that is told twice changes nothing there.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from adapters.thread import Comment
from bot.archive.texts import ArchivedText, text_of
from bot.archive.writer import ArchiveWriter
from bot.store.database import Store
from bot.store.sites import insert_if_new
from bot.store.tables import comments, posts, sites, unarchived
from bot.store.threads import Text, chunks, comment_of, post_of
from rules.view import Entry

_BATCH = 500


def note_texts(connection: Connection, texts: Collection[Text]) -> None:
    """Note texts that are new, changed or gone."""
    for chunk in chunks(sorted(texts)):
        rows = [{"post_id": post, "comment": comment} for post, comment in chunk]
        connection.execute(insert_if_new(connection, unarchived), rows)


def count_unarchived(connection: Connection) -> int:
    """Return how many texts the archive has still to be told of."""
    return connection.execute(select(func.count()).select_from(unarchived)).scalar_one()


def tell_archive(store: Store, path: Path) -> int:
    """Bring an archive up to the store, which is made where there is none; return how many texts it was told of.

    Raises ArchiveError and StoreError; what was told until then stays.
    """
    told = 0
    with ArchiveWriter(path, create=True) as writer:
        while batch := _tell_some(store, writer):
            told += batch
    return told


def _tell_some(store: Store, writer: ArchiveWriter) -> int:
    # In one transaction with the notes: what is noted again meanwhile must not be taken for told.
    with store.write() as connection:
        joined = select(
            unarchived, *(column for column in posts.c if column.name != "id"), sites.c.name.label("site")
        ).select_from(
            unarchived.join(posts, posts.c.id == unarchived.c.post_id).join(sites, sites.c.id == posts.c.site_id)
        )
        noted = connection.execute(joined.order_by(unarchived.c.id).limit(_BATCH).with_for_update(of=unarchived)).all()
        texts: list[ArchivedText] = []
        for row in noted:
            content = post_of(row) if row.comment == "" else _comment(connection, row)
            if content is None:
                writer.remove(site=row.site, thread=row.platform_id, id=row.comment)
            else:
                number = int(isinstance(content, Comment))
                texts.append(text_of(Entry(number, content), site=row.site, thread=row.platform_id))
        writer.add(text for text in texts if text.kind == "comment" or text.text.strip())
        connection.execute(delete(unarchived).where(unarchived.c.id.in_([row.id for row in noted])))
        return len(noted)


def _comment(connection: Connection, noted: Row[Any]) -> Comment | None:
    """Return a noted comment, None when it is gone or has gone to another thread."""
    of_it = (comments.c.site_id == noted.site_id, comments.c.platform_id == noted.comment)
    row = connection.execute(
        select(comments).where(*of_it, comments.c.post_id == noted.post_id, comments.c.deleted_at.is_(None))
    ).first()
    return comment_of(row) if row is not None else None

"""Do to a real Isso what its readers and moderators do: `python isso_board.py CONFIG`, one JSON command a line.

It runs in Isso's own environment, and knows nothing of this project.
"""

import json
import sys

import isso.config
import isso.db

MODES = {"approved": 1, "held": 2, "trash": 4}

config = isso.config.load(isso.config.default_file(), sys.argv[1])
database = isso.db.SQLite3(config.get("general", "dbpath"), config)


def create(row):
    uri = "/kilns/" if row["post"] == 1 else f"/{row['post']}/"
    if uri not in database.threads:
        database.threads.new(uri, "Kilns")
    comment = {
        "text": row["text"],
        "author": row["author"],
        "created": row["at"],
        "mode": MODES[row["status"]],
        "parent": row["parent"] or None,
        "remote_addr": "127.0.0.1",
    }
    added = database.comments.add(uri, comment)
    return added["id"]


def change(id, **data):
    database.comments.update(int(id), data)


def delete(id):
    database.comments.delete(int(id))


def listed(given):
    rows = database.execute(
        "SELECT id, parent, author, text, created, mode FROM comments ORDER BY created, id"
    ).fetchall()
    back = {mode: status for status, mode in MODES.items()}
    return [
        {"id": id, "post": 1, "parent": parent or 0, "author": author, "text": text, "at": at, "status": back[mode]}
        for id, parent, author, text, at, mode in rows
    ]


COMMANDS = {
    "create": create,
    "edit": lambda row: change(row["id"], text=row["text"], modified=row["at"]),
    "set": lambda row: change(row["id"], mode=MODES[row["status"]]),
    "delete": delete,
    "listed": listed,
    "reset": lambda given: database.execute("DELETE FROM comments").rowcount,
}

for line in sys.stdin:
    name, given = json.loads(line)
    print(json.dumps({"done": COMMANDS[name](given)}), flush=True)

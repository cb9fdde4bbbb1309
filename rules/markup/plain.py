"""Plain text: shown as it is, paragraphs set apart by empty lines."""

import re

from rules.document import Block, Document, Run
from rules.markup.quoting import with_typed_quotes

_EMPTY_LINES = re.compile(r"\n[ \t\r]*\n\s*")


def render(body: str) -> Document:
    """Render a plain body: its text is the body, unchanged."""
    blocks = []
    at, end = len(body) - len(body.lstrip()), len(body.rstrip())
    for gap in _EMPTY_LINES.finditer(body, at, end):
        blocks.append(Block("paragraph", at, at + len(body[at : gap.start()].rstrip())))
        at = gap.end()
    if at < end:
        blocks.append(Block("paragraph", at, end))
    runs = [Run(0, len(body), 0, len(body))] if body else []
    return with_typed_quotes(Document(text=body, blocks=blocks, links=[], emphasis=[], runs=runs))

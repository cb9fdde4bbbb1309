"""Plain text: shown as it is, paragraphs set apart by empty lines."""

import re

from rules.document import Block, Document, Run
from rules.markup.quoting import with_typed_quotes


def render(body: str) -> Document:
    """Render a plain body: its text is the body, unchanged."""
    blocks = []
    at = 0
    for start, end in _gaps(body):
        if start > at:
            blocks.append(Block("paragraph", at, start))
        at = end
    if at < len(body):
        blocks.append(Block("paragraph", at, len(body)))
    runs = [Run(0, len(body), 0, len(body))] if body else []
    return with_typed_quotes(Document(text=body, blocks=blocks, links=[], emphasis=[], runs=runs))


def _gaps(body: str) -> list[tuple[int, int]]:
    """Return the stretches of white space that hold an empty line, or begin or end the body."""
    gaps = []
    for match in re.finditer(r"\s+", body):
        start, end = match.span()
        if match[0].count("\n") > 1 or start == 0 or end == len(body):
            gaps.append((start, end))
    return gaps

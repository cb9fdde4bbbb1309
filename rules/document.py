"""A body as its reader sees it: text, blocks, links and emphasis, with offsets both ways."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["paragraph", "heading", "list", "code", "quote"]
EmphasisKind = Literal["em", "strong", "q", "cite", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """Hold one block's span of the text; a quote holds the paragraphs inside it, `depth` counts quotes around it.

    `author` is the name that a quote's own header gives (`[quote=NAME]`, "On DATE, NAME wrote:"), `lead` that
    header's span.
    """

    kind: BlockKind
    start: int
    end: int
    depth: int = 0
    author: str | None = None
    lead: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Hold a link's URL and the span of its anchor; an image, or a player set into the text, has an empty span."""

    start: int
    end: int
    url: str
    is_image: bool = False


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Hold a run of text that the markup sets apart."""

    kind: EmphasisKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Run:
    """Map a stretch of text to the stretch of body that it renders; equal lengths map character by character."""

    text_start: int
    text_end: int
    body_start: int
    body_end: int


@dataclass(frozen=True, slots=True)
class Document:
    """Hold a rendered body."""

    text: str
    blocks: Sequence[Block]
    links: Sequence[Link]
    emphasis: Sequence[Emphasis]
    runs: Sequence[Run]

    def blocks_of(self, kind: BlockKind) -> Iterator[Block]:
        """Yield the blocks of one kind in the order of their starts."""
        return (block for block in self.blocks if block.kind == kind)

    def to_body(self, offset: int) -> int:
        """Return the offset in the body that shows at `offset` of the text."""
        at = bisect_right(self.runs, offset, key=lambda run: run.text_start) - 1
        if at < 0:
            return self.runs[0].body_start if self.runs else 0
        run = self.runs[at]
        if run.text_end - run.text_start == run.body_end - run.body_start:
            return min(run.body_start + offset - run.text_start, run.body_end)
        return run.body_start if offset < run.text_end else run.body_end

    def to_text(self, offset: int) -> int:
        """Return the offset in the text where `offset` of the body shows, or where what follows it shows."""
        at = bisect_right(self.runs, offset, key=lambda run: run.body_start) - 1
        if at < 0:
            return self.runs[0].text_start if self.runs else 0
        run = self.runs[at]
        if run.text_end - run.text_start == run.body_end - run.body_start:
            return min(run.text_start + offset - run.body_start, run.text_end)
        return run.text_start if offset < run.body_end else run.text_end

"""What the quotation analysis finds in one comment."""

from dataclasses import dataclass
from typing import Literal

from rules.finding import Source

Form = Literal["marks", "block", "bare"]
Kind = Literal["quotation", "not-quotation"]
Verdict = Literal["attributed", "implied", "unattributed", "self"]
AttributionType = Literal["name", "handle", "work", "link", "byline", "pronoun", "vague"]


@dataclass(frozen=True, slots=True)
class Span:
    """Hold a stretch of text that is set apart: `start` to `end` without its marks, `outer_*` with them.

    `closed` is false where the closing mark is missing; `author` is the name in the quotation's own header.
    """

    start: int
    end: int
    outer_start: int
    outer_end: int
    form: Form
    closed: bool = True
    author: str | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """Hold the words that say whose a passage is; `comment` is the id of the comment meant, if one is."""

    text: str
    type: AttributionType
    author: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Hold one passage with its verdict.

    `changes` are the (source's, passage's) words where the two differ, `source_number` is the number of the entry that
    the words are from, `is_paste` says that they are a pasted article, or nearly the whole comment and without a mark;
    `reasons` say what spoke for kind and verdict.
    """

    start: int
    end: int
    text: str
    form: Form
    kind: Kind
    verdict: Verdict | None
    attribution: Attribution | None
    source: Source | None
    confidence: float
    changes: tuple[tuple[str, str], ...] = ()
    source_number: int | None = None
    is_paste: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def altered(self) -> bool:
        """Tell whether the words differ from their source beyond case, punctuation and marked cuts."""
        return bool(self.changes)

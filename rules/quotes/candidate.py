"""A stretch of a comment that may be somebody else's words, with all that is known of it before it is judged."""

from dataclasses import dataclass
from typing import Literal

from rules.elsewhere import OutsideText
from rules.finding import Source
from rules.quotes.alignment import Copy
from rules.quotes.articles import Article
from rules.quotes.attribution import Credit
from rules.quotes.passage import Span
from rules.quotes.sentence import Surroundings
from rules.view import Entry
from rules.words import Words

# Where words stood before: in the post, in the comment that this one answers, or somewhere else.
Place = Literal["post", "answered", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Hold where a passage's words stood before; `is_quoted` says that they are no words of the holder's own there."""

    copy: Copy
    words: Words
    source: Source
    holder: Entry | OutsideText
    place: Place
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    """Hold how many of the other passages in marks of a text are credited to somebody, and which share (0 to 1)."""

    share: float
    credited: int


ALONE = Company(0.0, 0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold a stretch with the words around it.

    `count` is the number of its words, `shared` the share (0 to 1) of its telling words that stand in what its comment
    answers; it is worked out where the kind is in doubt. `article` is set where the stretch is a pasted article.
    """

    span: Span
    text: str
    count: int
    origin: Origin | None
    around: Surroundings
    credit: Credit
    company: Company = ALONE
    shared: float = 0.0
    article: Article | None = None

    @property
    def is_credited(self) -> bool:
        """Tell whether the words around it name a speaker."""
        return self.credit.attribution is not None and self.credit.attribution.type in ("name", "handle", "pronoun")

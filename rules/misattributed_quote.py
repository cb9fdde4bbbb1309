"""Words credited to somebody who is not their source.

Reports a quotation that names one commenter, or the post's author, while the words stand in another one's comment,
and the one who is named has not said or quoted them before. The name must belong to the quotation: in its header
("[quote=Joe]", "On 4 May, Joe wrote:"), right before it ("Joe wrote", "as Joe says,", "according to Joe,", "Joe:",
"@Joe"), or right after it ("— Joe", "…, Joe wrote").

No findings are: words that the source itself quotes, for they may well be the named one's; names that may be one
person's (Jo Miller and JoM); a name called before words of the post ("@Joe “…”" mostly answers Joe with them); a
passage beside which the right name stands as well; words of the comment's own author; unmarked words, unless "Joe
wrote:" leads to them.

Reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Joe: Did anybody ask the engineers before the vote?
    Ben: Joe wrote “The dam will not hold another winter, and everyone on the council knows it.” I doubt that.

Not reported::

    Ann: The dam will not hold another winter, and everyone on the council knows it.
    Joe: Did anybody ask the engineers before the vote?
    Ben: Ann wrote “The dam will not hold another winter, and everyone on the council knows it.” I doubt that.

Not reported::

    post: The dam will not hold another winter, and everyone on the council knows it.
    Joe: Did anybody ask the engineers before the vote?
    Ben: @Joe “The dam will not hold another winter”, so they need not ask.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity
from rules.quotes.credit import credited, may_be_one
from rules.quotes.passage import Passage
from rules.rule import Context, RuleOptions
from rules.view import Entry, ThreadView
from rules.words import Words

ID = "misattributed-quote"
VERSION = 2
SEVERITY: Severity = "serious"

_MIN_SHARE = 0.8
_BESIDE = 120
_BEHIND = 40
# Of somebody who writes very much only the latest comments are looked through.
_LATEST = 200


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_words: int = Field(6, ge=1, description="shorter quotations are passed over: chance may repeat them")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for each quotation that names the wrong member of the thread."""
    view = context.view
    for passage in context.passages(comment):
        source, number = passage.source, passage.source_number
        if number is None or source is None or not source.author or passage.verdict in (None, "self"):
            continue
        if len(passage.text.split()) < options.min_words:
            continue
        credit = credited(view, comment, passage)
        if credit is None:
            continue
        named, is_call = view.entries[view.authors[credit[0]][0]].author or "", credit[1]
        # With the post's words whoever is called is mostly answered, not quoted.
        if (is_call and source.kind == "post") or any(
            may_be_one(named, other) for other in (source.author, comment.author or "", *_meant(view, passage))
        ):
            continue
        share = _share(passage, view.entries[number])
        if share < _MIN_SHARE or _named_beside(comment, passage, source.author):
            continue
        if _quoted_by_source(context, number, source.start or 0) or _has_said(view, credit[0], comment, passage):
            continue
        yield Report(
            start=passage.start,
            end=passage.end,
            confidence=round((0.8 if is_call else 0.95) * share, 3),
            message=f"Credited to {named}, but the words are {source.author}'s"
            + (" in the post." if source.kind == "post" else f" in comment {source.id}."),
            source=source,
            suggestion=f"These words seem to be {source.author}'s, not {named}'s.",
        )


def _meant(view: ThreadView, passage: Passage) -> Iterator[str]:
    """Yield the author of the comment that an attribution by number or name points to."""
    credit = passage.attribution
    if credit is not None and credit.comment is not None and (meant := view.comment(credit.comment)) is not None:
        source = passage.source
        if source is not None and meant.id == source.id and meant.author:
            yield meant.author


def _share(passage: Passage, holder: Entry) -> float:
    """Return the share of a passage's words that stand at its source's place."""
    source = passage.source
    if source is None:
        return 0.0
    words = Words(passage.text).folded
    held = Counter(Words(holder.document.text[source.start : source.end]).folded)
    return (Counter(words) & held).total() / max(1, len(words))


def _named_beside(comment: Entry, passage: Passage, author: str) -> bool:
    """Tell whether the words around a passage name its source's author too."""
    text = comment.document.text
    around = text[max(0, passage.start - _BESIDE) : passage.start] + "\n" + text[passage.end : passage.end + _BEHIND]
    names = (author, author.split()[0])
    return any(len(name) > 2 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", around, re.I) for name in names)


def _quoted_by_source(context: Context, number: int, at: int) -> bool:
    """Tell whether the source has the words in a quotation of its own."""
    passages = context.passages(context.view.entries[number])
    place = bisect_right(passages, at, key=lambda passage: passage.start) - 1
    return place >= 0 and at < passages[place].end


def _has_said(view: ThreadView, author: str, comment: Entry, passage: Passage) -> bool:
    """Tell whether most of the words stand in an earlier comment by the one who is named, quoted or not."""
    runs = set(Words(passage.text).fingerprints)
    own = view.authors[author]
    earlier = own[: bisect_left(own, comment.number)][-_LATEST:]
    return any(2 * len(runs.intersection(view.entries[number].words.fingerprints)) > len(runs) for number in earlier)

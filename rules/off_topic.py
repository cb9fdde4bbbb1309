"""A comment that has left both the post and what the thread was discussing.

How much of what a comment talks about had been talked about before it, in the post, in the comments so far, in the one
that it answers, is weighed by a small model that knows how much to expect of a comment of its length; where the other
posts of the site are known, so is whether one of them would suit it better. Of a comment that stays in part the rest is
weighed alone, if that is most of it. Who begins with "off topic, but", or writes nothing but a test, is believed,
unless the words are the thread's. Few are reported, with the nearest words that were found and those that led away. It
passes over other comments of few words, and answers to one that it has reported; of a comment in another language than
the thread's it says just that. docs/topic.md tells what it reaches, and what fools it.

Reported::

    post: The parish has sold the mill to a man from the city, who means to make a hotel of it. The weir stays
      public, and so does the towpath along the river to the chapel. The council meets on Thursday to vote about the
      sluice gates, which have rusted since the flood, and about the road to the mill, which lorries will need if the
      hotel is to be built before next summer. The last miller left in March. His wheel still turns when the river is
      high, and the children still fish from the weir, though the sign forbids it. The buyer promises forty jobs, a
      ferry for walkers, a museum room with the old millstones, and a new roof for the barn where the parish keeps its
      boats. Critics say that the hotel will close the bridge to carts, that guests will park along the chapel wall,
      and that nobody has asked the owners of the meadows downstream, who were flooded twice after the gates stuck.
      The county's engineer wants the gates replaced first, at the buyer's cost, and a survey of the banks. Whoever
      wishes to speak on Thursday must tell the clerk by Wednesday noon.
    Ann: The weir needs work as well, and the parish has no money for it. The survey of the banks alone will cost
      more than the boats are worth.
    Carl: The road past the chapel is too narrow for lorries. They tried it after the flood and took a piece of the
      wall along.
    Dora: Why does nobody ask the fishing club? They have looked after the weir and the sluice gates for thirty
      years, long before the county sent an engineer.
    Hugo: Forty jobs is what they promised for the ferry too, and then two students sold tickets for one summer.
    Ben: Whisk some eggs with caster sugar until pale, fold in sifted flour, melted butter and lemon zest, pour
      everything into a greased tin, bake for an hour, cool completely, then spread raspberry jam and vanilla cream
      between the sponges. Dust with icing sugar, chill overnight in the fridge, and serve slices with strawberries,
      yoghurt, almonds, cinnamon, coffee or tea. Margarine spoils the texture, and so do cold eggs, lumpy batter, stale
      yeast or chocolate sprinkles.
    Cleo: Off topic, but which lens did you take that picture with?

Not reported::

    post: The council voted last night to keep the old dam. The engineers had asked for a new spillway.
    Ann: The engineers know that the dam wall moves when the reservoir is full, and the council knows it too, whatever
      the farmers in the valley say about a spillway.
"""

from collections.abc import Iterator

from pydantic import Field

from rules.finding import Report, Severity
from rules.rule import Context, RuleOptions
from rules.topic.relevance import Relevance
from rules.view import Entry

ID = "off-topic"
VERSION = 5
SEVERITY: Severity = "info"

# A thread that has hardly begun, under a post that is not at hand, has no topic to leave.
_MIN_SIZE = 12
# One comment in twenty leaves its topic where the model learned: what is said of one that nothing is known of.
_UNKNOWN = 0.05
_SURE_OF_LANGUAGE = 0.9
_MIN_WORDS_OF_LANGUAGE = 12
_DRIFTED = 0.3
_LONGEST_CHAIN = 64
_LONGEST_SENTENCE = 90


class Options(RuleOptions):
    """Hold the options of this rule."""

    min_score: float = Field(0.7, ge=0, le=1, description="report from this score on, where only the thread is known")
    # A topic that a site has elsewhere makes the score sure, for comparisons and memories that belong as well.
    min_score_in_site: float = Field(0.85, ge=0, le=1, description="and from this one, where its other posts are")
    min_topic_words: int = Field(6, ge=5, description="comments with fewer words that carry a topic are passed over")
    max_share: float = Field(0.01, gt=0, le=1, description="report no larger share of a site's comments than this")
    sentence_model: bool = Field(True, description="ask the sentence model of quotewarden[semantic], if installed")
    other_languages: bool = Field(True, description="tell of comments in another language than the thread's, as that")


def check(comment: Entry, context: Context, options: Options) -> Iterator[Report]:
    """Yield a report for a comment that has left its thread, or is in another language."""
    relevance = context.relevance(comment)
    if relevance.language is not None:
        if options.other_languages and len(comment.words) >= _MIN_WORDS_OF_LANGUAGE:
            message = f"Is in {relevance.language}, and the thread in {relevance.spoken}: its topic was not looked at."
            yield _report(comment, _SURE_OF_LANGUAGE, message)
    elif (left := _left(relevance, options)) and not _answers_one_that_left(comment, context, options):
        yield _report(comment, left.certainty, _why(left, comment, context), left.span)


def score(comment: Entry, context: Context, options: Options) -> float:
    """Return how likely a comment has left its thread, 0 to 1; low where it cannot be told."""
    relevance = context.relevance(comment)
    known = relevance.language is None and relevance.size >= _MIN_SIZE
    told = _left(relevance, options) or relevance
    return round(told.certainty if known else min(told.certainty, _UNKNOWN), 4)


def _left(relevance: Relevance, options: Options) -> Relevance | None:
    """Return what is known of a comment that has left its thread, or of the part of it that has; None of others."""
    if relevance.size < _MIN_SIZE or relevance.language is not None:
        return None
    if relevance.declared is not None:
        return relevance if relevance.certainty >= options.min_score else None
    if relevance.stems < options.min_topic_words:
        return None
    least = options.min_score_in_site if relevance.in_site else options.min_score
    told = (relevance, relevance.part)
    return next((one for one in told if one is not None and one.score >= least), None)


def _answers_one_that_left(comment: Entry, context: Context, options: Options) -> bool:
    """Tell whether a comment belongs to a sub-thread that is reported at its root."""
    answered = context.view.parent(comment)
    for _ in range(_LONGEST_CHAIN):
        if answered is None:
            return False
        if _left(context.relevance(answered), options):
            return True
        answered = context.view.parent(answered)
    return False


def _report(comment: Entry, confidence: float, message: str, span: tuple[int, int] | None = None) -> Report:
    text = comment.document.text
    start, end = span or (len(text) - len(text.lstrip()), len(text.rstrip()))
    return Report(
        start=start,
        end=end,
        confidence=round(confidence, 3),
        message=message,
    )


def _why(relevance: Relevance, comment: Entry, context: Context) -> str:
    has = "Has" if relevance.span is None else "Most of it has"
    if relevance.declared is not None:
        parts = [f"Says so itself: “{_cut(comment.document.text[slice(*relevance.declared)])}”."]
    elif relevance.in_thread >= max(_DRIFTED, 2 * relevance.in_post):
        parts = [f"{has} drifted from the post with the thread."]
    else:
        parts = [f"{has} left both the post and the thread."]
    shared = round(max(relevance.in_post, relevance.in_thread) * 100)
    if relevance.stems > 1:
        parts.append(f"Of its {relevance.stems} topic words, {shared} % by weight had been used before.")
    # "Topic" would be new in "off topic".
    if relevance.away and relevance.declared is None:
        parts.append(f"New here: {', '.join(relevance.away)}.")
    if relevance.sentence is not None:
        parts.append(f"Nearest in the post: “{_cut(relevance.sentence)}”.")
    if relevance.nearest is not None:
        nearest = context.view.entries[relevance.nearest]
        parts.append(f"Nearest comment: {nearest.id}{f' by {nearest.author}' if nearest.author else ''}.")
    if (home := relevance.home) is not None:
        parts.append(f"Looks meant for “{_cut(home.title or home.url or home.id)}”.")
    if relevance.stranger is not None:
        parts.append(f"Calls {relevance.stranger}, who has written under another post and not here.")
    if relevance.by_meaning:
        parts.append("The sentence model finds it far in meaning too.")
    return " ".join(parts)


def _cut(sentence: str) -> str:
    words = " ".join(sentence.split()).rstrip(".")
    return words if len(words) <= _LONGEST_SENTENCE else words[: _LONGEST_SENTENCE - 1].rstrip() + "…"

"""A digest as HTML: one self-contained page of tables and inline styles, which mail programs show as it is meant."""

from functools import cache

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from bot.digest.content import Digest, Origin, listed
from bot.digest.words import heading, moment, period, reason, resolved_summary, rule_name
from bot.report.comparison import Piece
from bot.report.excerpt import showable


def page(digest: Digest) -> str:
    """Return the page: nothing in it is loaded from elsewhere, and only our own markup is markup."""
    text = _template().render(digest=digest, listed=listed(digest.resolved))
    inliner = css_inline.CSSInliner(keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)
    return inliner.inline(text)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("bot.digest"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=lambda value: showable(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    environment.filters |= {
        "lines": _lines,
        "words": _words,
        "rule": rule_name,
        "reason": reason,
    }
    environment.globals |= {
        "whence": _whence,
        "heading": heading,
        "period": period,
        "moment": moment,
        "resolved_summary": resolved_summary,
    }
    return environment.get_template("digest.html")


def _whence(origin: Origin) -> Markup:
    author = Markup("<bdi>{}</bdi>").format(showable(origin.author)) if origin.author else ""
    return Markup("{}, {}").format(author, origin.where) if author else Markup("{}").format(origin.where.capitalize())


def _lines(text: str) -> Markup:
    """Return a text with its lines kept apart, for programs that know no white-space."""
    return Markup("<br>").join(showable(text).split("\n"))


def _words(piece: Piece) -> Markup:
    return Markup("<u>{}</u>").format(_lines(piece.text)) if piece.differs else _lines(piece.text)

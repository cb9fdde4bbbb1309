"""The templates of the review page, in each language; whatever is shown is escaped, and acts on nothing."""

from functools import cache
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.report.excerpt import showable
from bot.review.language import Language, language
from bot.review.language import mark as _


@cache
def environment(code: str) -> Environment:
    """Return the templates in a language."""
    spoken = language(code)
    made = Environment(
        loader=PackageLoader("bot.review"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        finalize=_shown,
    )
    made.install_gettext_callables(spoken.translations.gettext, spoken.translations.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    made.globals["language"] = spoken
    made.filters |= {
        "rule": lambda rule: rule_name(rule, spoken),
        "named": lambda name: named(name, spoken),
        "sentence": lambda text: text[:1].upper() + text[1:],
        "percent": spoken.percent,
        "number": spoken.number,
        "moment": spoken.moment,
        "span": spoken.span,
        "query": lambda pairs: urlencode([(name, value) for name, value in pairs.items() if value not in (None, "")]),
        "link": lambda url: url if url and url.startswith(("https://", "http://")) else None,
    }
    return made


def rule_name(rule: str, spoken: Language) -> str:
    """Return what a rule is called by people."""
    return spoken.text(RULES.get(rule, rule.replace("-", " ").capitalize()))


def named(name: str, spoken: Language) -> str:
    """Return what people call a state, a reason, a role or a kind."""
    return spoken.text(NAMES.get(name, name))


def _shown(value: object) -> object:
    # Most of what is shown is plain, and told so faster than it is looked through.
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return value
    if isinstance(value, Markup):
        # A translated text with a name in it, say: escaped, and still to be made harmless.
        return Markup(showable(str(value)))  # noqa: S704  # it was markup before
    return showable(value)


RULES = {
    "unattributed-quote": _("Quotation without a name"),
    "misattributed-quote": _("Credited to somebody else"),
    "altered-quote": _("Altered quotation"),
    "pasted-text": _("Pasted text"),
    "link-only": _("Only a link"),
    "off-topic": _("Off topic"),
}

NAMES = {
    "open": _("open"),
    "confirmed": _("confirmed"),
    "dismissed": _("dismissed"),
    "snoozed": _("snoozed"),
    "resolved": _("resolved by itself"),
    "note": _("noted"),
    "undone": _("undone"),
    "attributed": _("attributed after all"),
    "not-a-quotation": _("not a quotation"),
    "wrong-source": _("wrong source"),
    "allowed-here": _("allowed here"),
    "other": _("another reason"),
    "allowed": _("never told again"),
    "disallowed": _("told again"),
    "threshold": _("set a threshold"),
    "logged in": _("logged in"),
    "made an account": _("accepted an invitation"),
    "set a password": _("set a password"),
    "invited": _("invited"),
    "changed an account": _("changed an account"),
    "author": _("author"),
    "thread": _("thread"),
    "phrase": _("words"),
    "info": _("a hint"),
    "warning": _("a warning"),
    "serious": _("serious"),
    "viewer": _("viewer"),
    "moderator": _("moderator"),
    "admin": _("administrator"),
    "credited": _("credited since"),
    "removed": _("the words are gone"),
    "changed": _("found no more"),
    "deleted": _("the comment was deleted"),
    "post": _("the post"),
    "archive": _("another thread"),
    "page": _("a linked page"),
    "external": _("elsewhere"),
    "unknown": _("source unknown"),
}

"""Names of authors, cut out of what themes write around them: "Posted by: X | 3 May", "X says:", "X schrieb am ..."."""

import re

_SAYING = (
    r"(?:says|said|wrote|writes|commented|replied|responded|sagt|sagte|schrieb|schreibt|meint|meinte|kommentierte?"
    r"|antwortete|a dit|dit|a écrit|écrit|dice|dijo|escribió|comentó|ha detto|scrive|ha scritto|disse|diz|escreveu"
    r"|comentou|zegt|zei|schreef|schrijft|pisze|napisał(?:\(a\)|a)?|mówi|säger|skriver|skrev|sier|siger|sanoo|kirjoitti"
    r"|пишет|говорит|сказала?|написала?|diyor ki|dedi ki|říká|napsal|spune|írta|szerint|says that)"
)
_SAYS = re.compile(
    rf"(?:\s*[,(])?\s+{_SAYING}(?:\s*(?:[,:：…]|\.\.\.).*|\s+(?:on|am|um|le|el|il|op|em)\b.*|\s*)$", re.I | re.S
)
# What is left of "X says:" at the head of a text when the name is taken away.
LEADING_SAYS = re.compile(rf"^\s*{_SAYING}\s*(?:[:：…]|\.\.\.|(?=<))\s*", re.I)
_CREDIT = re.compile(
    r"^\s*(?:(?:pingback|trackback|ping)\b\s*(?:by|von|de|da|from|di|van)?\s*[:：]?"
    r"|(?:posted|written|comments?|commented|kommentar|commentaire|comentario|comentário|commento|submitted|geschrieben"
    r"|verfasst|publié|rédigé|escrito|enviado|publicado|inviato|scritto|gepostet|added|left|reactie|geplaatst)"
    r"\s*(?:by|from|von|de|par|por|da|di|door)\b\s*[:：]?"
    r"|(?:by|von|par|por|auteur|autor|autore|author|name|from|da|door|av)\s*[:：]\s*|(?:by|von|par|door)\s+)\s*",
    re.I,
)
# From where a date begins: a month and a day, or numbers with the same sign between them.
_DATED = re.compile(
    r"[\s,(|·•–—-]*(?:\b(?:on|at|am|um|le|el|il|op|em|den|vom|the|said on|posted on)\s+)*"
    r"(?:[^\W\d_]{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}\b"
    r"|\d{1,2}(?:st|nd|rd|th|\.)?\s+(?:de\s+)?[^\W\d_]{3,12}\.?,?\s+(?:de\s+)?\d{4}\b"
    r"|\d{1,4}([./-])\d{1,2}\1\d{1,4}\b|\d+\s+(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\s+ago\b).*$",
    re.I | re.S,
)
_NUMBER = re.compile(r"^\s*(?:#\s?\d+|\d+[.):]?)[\s.:–—-]*(?=\D)")
_LABEL = re.compile(r"(?:comments?|kommentare?|commentaire|comentario|re|posted|published|date|on|at|am)\b", re.I)
_LONGEST = 160


def clean_name(text: str) -> str | None:
    """Return a name without "says:", "Posted by", a date and the like; None when none is left or it is no name."""
    name = _DATED.sub("", _CREDIT.sub("", text.strip()))
    name = _SAYS.sub("", " " + name).strip(" \t|·•,:：–—\u200b\u200e\u200f")
    if name.lower() in (
        "says",
        "said",
        "sagt",
        "on",
        "at",
        "am",
        "pingback",
        "trackback",
        "#",
        "permalink",
        "reply",
        "[deleted]",
        "[removed]",
    ):
        return None
    return name if len(name) <= _LONGEST and any(sign.isalnum() or ord(sign) > 0x2000 for sign in name) else None


def is_dated(label: str) -> bool:
    """Tell whether a short text begins with a date."""
    return len(label) <= 60 and bool(_DATED.match(label))


def credited_name(header: str) -> str | None:
    """Return the name in a heading that says whose comment it heads ("Posted by X", "X says:", "X 3 May 2017")."""
    header = _NUMBER.sub("", header)
    if not (_CREDIT.match(header) or _SAYS.search(f" {header}") or _DATED.search(header)):
        return None
    name = clean_name(header)
    return name if name and len(name) <= 60 and not _LABEL.match(name) else None

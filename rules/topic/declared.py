"""What a comment says of itself: that it is off-topic, that it stands in the wrong place, or that it is a mere test.

Nobody knows better than its author. It has to be said where a sentence of the comment's own begins, with most of the
comment to come: nothing follows from words about somebody else's comment, or about what is off-topic in general.
"""

import re
from collections.abc import Collection

from rules.document import Document

# Of those that leave their thread one in fifteen says so, of others next to none: of the labelled threads' comments 3
# of 41 and 1 of 2,536.
LIKELIER = 180.0
# What comes before the words is not what they are about.
_LEAST_SHARE = 0.6

# One of these words is in every declaration: most comments need no closer look.
_TELLING = frozenset(
    "ot offtopic off topic hs hors sujet tema thema onderwerp related unrelated nothing nichts rien niets nada c'entra "
    "fora wrong falschen hierher теме тему оффтоп оффтопик офтоп test testing essai prueba prova teste тест".split()
)
_HERE = r"""(?:this|the|your|dem|diesem|cet?|le|l['’]|el|este|la|esta|il|questo|o|este|dit|het)\s?
    (?:(?:blog\ ?)?post|article|topic|thread|subject|discussion|entry|blog|page|thema|artikel|beitrag|sujet|billet
    |tema|artículo|entrada|articolo|artigo|onderwerp)"""
_OFF = rf"""(?:off[-–\ ]?topic|hors[-\ ]sujet|fuera\ del?\ tema|fuori\ tema|fora\ d[eo]\ (?:tema|tópico|assunto)
    |оф{{1,2}}-?топ(?:ик)?|не\ (?:совсем\ )?(?:по\ теме|в\ тему)
    |not\ (?:\w{{1,12}}ly\ )?related\ to\ {_HERE}|unrelated\ to\ {_HERE}|nothing\ (?:at\ all\ )?to\ do\ with\ {_HERE}
    |nichts\ mit\ {_HERE}\ zu\ tun|nicht\ (?:\w{{1,12}}\ )?(?:zum\ thema|hierher)|rien\ à\ voir\ avec\ {_HERE}
    |nada\ (?:que|a)\ ver\ co[nm]\ {_HERE}|c['’]entra\ (?:\w{{1,12}}\ )?con\ {_HERE}|niets\ met\ {_HERE}\ te\ maken
    |(?:the\ )?wrong\ (?:post|thread|article|page)|falschen\ (?:beitrag|artikel|thema))"""
_HELLO = r"""(?:(?:hi|hey|hello|dear|hallo|liebe[rs]?|salut|bonjour|hola|ciao|olá|привет)\W{1,3})?
    (?:@?\w{1,30}\s?[,:!]\s{0,3})?"""
_HEDGE = r"""(?:(?:an?\ (?:bit|little|tad)|\w{1,12}ly|way|so|somewhat|kind\ of|etwas|ein\ bisschen|völlig|total|ganz
    |leicht|un\ peu|\w{1,12}ment|un\ po['’]?co|\w{1,12}mente|um\ pouco|(?:een\ )?beetje|немного
    |совсем)[\ ,-]{1,2}){0,2}"""
_EXCUSE = r"""(?:(?:i(?:['’]m|\ am)\ )?(?:so\ |very\ )?
    (?:sorry|apolog\w+|pardon|excuse|forgive|oops|entschuldig\w*|verzeih\w*|désolée?|excuse[zr]|perdón|perdona\w*
    |disculp\w*|lo\ siento|scusa\w*|desculp\w*|извин\w*|сорри|прости(?:те)?)
    |i\ (?:know|realize|realise)|ich\ weiß|je\ sais|(?:ya\ )?sé\ que|so\ che|sei\ que|ik\ weet|знаю)"""
_SUBJECT = r"""(?:this|my\ (?:question|comment)|das|dies|cela|ça|esto|questo|isto|isso|dit|это)
    (?:['’]s|\ (?:is|may\ be|might\ be|ist|hat|gehört|est|n['’]a|no\ tiene|es|non|è|não\ tem|não\ é|é|heeft))?"""
_BUT = r"(?:but|aber|mais|pero|ma|mas|maar|но)\b"
_DECLARES = re.compile(
    rf"""(?:\A|(?<=[.!?\n]))[ \t(\[*_]{{0,6}}{_HELLO}
    (?:(?-i:OT|HS)(?=\s{{0,3}}(?:[:)\]–—-]|,?\s{{0,3}}{_BUT}))
    |{_HEDGE}{_OFF}(?=\W{{0,3}}(?:[:;,.!)\]\n–—-]|{_BUT}|(?:question|comment|remark|note|frage|as\ usual)\b[^.!?]))
    |{_EXCUSE}(?:\W{{1,3}}\w{{1,20}}){{0,7}}?\W{{1,3}}{_OFF}
    |(?:sorry,?\ )?this\ has\ nothing\ to\ do\ with\ [^.!?\n]{{1,60}},\ but\b
    |{_SUBJECT}\ {_HEDGE}{_OFF}[^.!?\n]{{0,20}}\b{_BUT})""",
    re.IGNORECASE | re.VERBOSE,
)
_TESTS = r"(?:test(?:ing)?|essai|prueba|prova|teste|тест)"
_AROUND = r"""(?:just|only|an?|this|is|my|for|comment|post|it|works?|if|to|see|will|delete|please|ignore|something|\d+
    |nur|ein|dies|ist|un|une|una|es|ceci|est|esto|это|просто)"""
_IS_TEST = re.compile(
    rf"(?:{_AROUND}\W{{1,5}}){{0,6}}{_TESTS}(?:\W{{1,5}}(?:{_AROUND}|{_TESTS})){{0,6}}\W{{0,9}}",
    re.IGNORECASE | re.VERBOSE,
)


def declared(document: Document, words: Collection[str]) -> tuple[int, int] | None:
    """Return where a comment says that it does not belong, given its folded words; None where it does not say so."""
    if _TELLING.isdisjoint(words):
        return None
    text = document.text
    if _IS_TEST.fullmatch(text.strip()):
        return len(text) - len(text.lstrip()), len(text.rstrip())
    others = [(block.start, block.end) for kind in ("quote", "code") for block in document.blocks_of(kind)]
    own = len(text) - sum(end - start for start, end in others)
    for match in _DECLARES.finditer(text):
        start, end = match.span()
        start += len(match[0]) - len(match[0].lstrip(" \t([*_"))
        if not any(low <= start < high for low, high in others):
            rest = len(text) - start
            return (start, end) if rest >= _LEAST_SHARE * own else None
    return None

"""Dates as people read them under a comment, in seven languages, to UTC.

A text counts as a date only when nothing else is in it: "November 4, 2017 at 3:15 pm" is one, "I was there on 4 May" is
not. "3 hours ago" is a date without a moment, for there is no clock; so is 4/5/2017, which may be April or May.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.dates import parse_date

_MONTHS = (
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari",
    "february feb februar février févr fév febrero febbraio fevereiro fev februari",
    "march mar märz mär mrz mars marzo março maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout agosto ago agustus augustus",
    "september sep sept septembre septiembre settembre setembro set",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
)
_MONTH = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_WEEKDAYS = """monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
    montag dienstag mittwoch donnerstag freitag samstag sonntag mo di mi do fr sa so
    lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim
    lunes martes miércoles jueves viernes sábado domingo""".split()
_LINKS = """on at the of st nd rd th posted um uhr am pm m p à a le les las la el de del em às op om alle ore h er den
    edited modified permalink link reply edit utc gmt z t est edt cst cdt mst mdt pst pdt cet cest bst""".split()
_UNITS = """second seconds sec secs s minute minutes min mins hour hours hr hrs h day days d week weeks w month months
    mo year years yr yrs y sekunde sekunden minuten stunde stunden tag tage tagen woche wochen monat monate monaten
    jahr jahre jahren seconde secondes heure heures jour jours semaine semaines mois an ans année années
    segundos minuto minutos hora horas día días dia dias semana semanas mes meses año años""".split()
_RELATIVE = (
    "ago vor einem einer il y a un une hace about over almost one yesterday today gestern heute hier ayer".split()
)
_ALONE = frozenset(("just now", "yesterday", "today", "gestern", "heute", "hier", "ayer", "a day ago", "an hour ago"))
_ABSOLUTE_WORDS = frozenset((*_MONTH, *_WEEKDAYS, *_LINKS))
_RELATIVE_WORDS = frozenset((*_UNITS, *_RELATIVE, *_LINKS))

_WORD = re.compile(r"\d+|[^\W\d_]+")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|\.)? ?(?:of |de )?([^\W\d_]{3,10})\.?,? (?:del? )?(\d{4})\b")
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")
_NUMERIC = re.compile(r"\b(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b")
_YEAR_FIRST = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_TIME = re.compile(r"\b(\d{1,2}) ?(?::|h|\.(?=\d\d\b)) ?(\d\d)(?::(\d\d))?(?!\d) ?([ap])?|\b(\d{1,2}) ?([ap])\.? ?m\b")
_EXACT = re.compile(r"\d{4}-\d\d-\d\d|[+-]\d{4}$|(?:gmt|utc|[ecmp][sd]t)$")
_AGO = re.compile(r"\d+ ?(?:h|d|w|m|mo|y|hr|min|s)\b|\bago\b|\bvor \d|\bhace \d|\bil y a\b")


@dataclass(frozen=True, slots=True)
class When:
    """Hold a written date: its moment in UTC where there is one, and whether it told the hour."""

    moment: datetime | None
    timed: bool


def read_date(text: str) -> When | None:
    """Read a text that is a date and nothing else; a date without a zone is taken as UTC."""
    if len(text) > 80:
        return None
    plain = " ".join(text.lower().split()).strip(" ,.;|•·()[]—–-")
    if plain in _ALONE:
        return When(None, True)
    words = _WORD.findall(plain)
    others = [word for word in words if not word.isdecimal()]
    absolute = _ABSOLUTE_WORDS.issuperset(others)
    if not absolute and not _RELATIVE_WORDS.issuperset(others):
        return None
    if len(others) == len(words) and not plain.endswith(" ago"):
        return None
    if absolute and _EXACT.search(plain) and (exact := parse_date(plain.upper())) is not None:
        return When(exact, len(words) > 3)
    if _AGO.search(plain) and _RELATIVE_WORDS.issuperset(others):
        return When(None, True)
    if not absolute:
        return None
    day, rest = _day(plain)
    if day is None and rest == plain and not any(word in _MONTH for word in others):
        return None
    clock = _TIME.search(rest)
    return When(_moment(day, clock), clock is not None)


def _day(text: str) -> tuple[tuple[int, int, int] | None, str]:
    """Return year, month and day where they are plain, and the text without the date."""
    if found := _DAY_FIRST.search(text):
        day, word, year = found.groups()
        named = (int(year), _MONTH.get(word, 0), int(day))
    elif found := _MONTH_FIRST.search(text):
        word, day, year = found.groups()
        named = (int(year), _MONTH.get(word, 0), int(day))
    elif found := _YEAR_FIRST.search(text):
        named = (int(found[1]), int(found[2]), int(found[3]))
    elif found := _NUMERIC.search(text):
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or first > 12:
            named = (int(found[4]), second, first)
        elif second > 12 or first == second:
            named = (int(found[4]), first, second)
        else:
            named = None
    else:
        return None, text
    return named, f"{text[: found.start()]} {text[found.end() :]}"


def _moment(day: tuple[int, int, int] | None, clock: re.Match[str] | None) -> datetime | None:
    if day is None:
        return None
    hour = minute = second = 0
    if clock is not None:
        hour, minute, second = int(clock[1] or clock[5]), int(clock[2] or 0), int(clock[3] or 0)
        half = clock[4] or clock[6]
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return datetime(*day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None

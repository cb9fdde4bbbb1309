"""Dates as a page writes them for people, to UTC: months by the page's language, the day's place by its country.

A date of numbers only (3/4/2019) is read in the order that the page's other dates prove, else in that of its language.
A date without a year takes the year of the post. Times without a zone are taken as UTC. Nothing here asks the clock:
"two hours ago" is no date.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from adapters.dates import from_epoch, parse_date

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:(T|\s)\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?(?:Z|[+-]\d\d:?\d\d)\b)?)?")
_EPOCH = re.compile(r"\s*(\d{10})(?:\d{3})?\s*")
_YEAR_FIRST = re.compile(r"\b(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)[日일]?")
_NUMBERS = re.compile(r"(?<![\d./-])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?![\d/])")
_OF = r"(?:\s*(?:de|del|di|of|do|da)\s+)"
_WORD = r"([^\W\d_][^\s\d!-/:-@\[-`{-~]{2,14})"
_DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|ος|η)?[.ºª]?(?:{_OF}|[\s-]*){_WORD}[.,]?(?:{_OF}|[\s,/-]*)(?:['’]?(\d{{4}})(?!\d))?"
)
_MONTH_DAY = re.compile(rf"\b{_WORD}[.]?[\s-]*(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:[\s,.-]*(\d{{4}})(?!\d))?")
_YEAR_MONTH_DAY = re.compile(rf"\b(\d{{4}})[.,]?\s+(?:m\.\s+)?{_WORD}\s+(\d{{1,2}})(?!\d)")
_HALF = r"(a\.?\s?m\b\.?|p\.?\s?m\b\.?|上午|下午|午前|午後|오전|오후|μμ|πμ|ص|م)"
_CLOCK = rf"{_HALF}?\s*(\d{{1,2}})\s?(?:[:.h時시点點]|\s?Uhr\s)\s?(\d\d)(?!\d)(?::(\d\d))?\s*{_HALF}?"
_TIME = re.compile(rf"[^\d]{{0,20}}?{_CLOCK}|[^\d]{{0,20}}?()(\d{{1,2}})()()\s?{_HALF}", re.I)
_TIME_BEFORE = re.compile(rf"{_CLOCK}\D{{0,12}}$", re.I)
_ZONE = re.compile(r"\s*\(?((?:UTC|GMT)(?:\s?[+-]\d{1,2}(?::?\d\d)?)?|[A-Z]{2,3}T)\b")
_AFTERNOON = ("p", "下", "午後", "오후", "μ", "م")
_LONGEST = 400

# Where people write the month first; all others write the day first when the year is last.
_MONTH_FIRST_COUNTRIES = frozenset(("us", "ph", "ca", ""))
_DAY_FIRST_DOMAINS = re.compile(r"^https?://[^/]*\.(?:uk|au|nz|ie|in|za|ke|ng|sg|eu|de|fr|es|it|nl|be|at|ch)(?:[:/]|$)")
# Asked in this order where a page does not say its language.
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "sv", "da", "nb", "fi", "cs", "tr", "hu", "ro")
_RENAMED = {"no": "nb", "nn": "nb", "iw": "he", "in": "id", "fil": "tl", "gsw": "de"}


@dataclass(frozen=True, slots=True)
class Moment:
    """Hold a date that was found; `exact` says that a time of day was given with it."""

    at: datetime
    exact: bool


class Calendar:
    """Read the dates of one page; `since` is when its post appeared, before which nobody answered it."""

    def __init__(self, language: str, *, url: str | None = None, since: datetime | None = None) -> None:
        parts = re.split(r"[-_]", language.lower())
        known = len(parts[0]) in (2, 3) and parts[0].isalpha()
        self._languages = (_RENAMED.get(parts[0], parts[0]), "en") if known else _LANGUAGES
        country = parts[-1] if len(parts) > 1 else ""
        english = parts[0] in ("en", "")
        self._month_first = english and country in _MONTH_FIRST_COUNTRIES and not _DAY_FIRST_DOMAINS.match(url or "")
        self.since = since

    def learn(self, texts: Iterable[str]) -> None:
        """Settle whether day or month stands first, from dates that can be read in one order only."""
        pairs = {
            (int(m[1]), int(m[3]), _year(m[4])) for text in texts for m in _NUMBERS.finditer(text[:_LONGEST]) if m[2]
        }
        day_first = sum(first > 12 >= second for first, second, _ in pairs)
        month_first = sum(second > 12 >= first for first, second, _ in pairs)
        if not day_first and not month_first and self.since:
            month_first = sum(_before(year, second, first, self.since) for first, second, year in pairs)
            day_first = sum(_before(year, first, second, self.since) for first, second, year in pairs)
        if day_first != month_first:
            self._month_first = month_first > day_first

    def of_attribute(self, value: str) -> Moment | None:
        """Read a machine's date (ISO 8601, RFC 822, seconds since 1970), else one for people."""
        iso = _ISO.search(value)
        if iso:
            found = parse_date(iso[0].replace(",", "."))
            return Moment(found, exact=bool(iso[1])) if found else None
        epoch = _EPOCH.fullmatch(value)
        found = from_epoch(int(epoch[1])) if epoch else parse_date(value)
        return Moment(found, exact=True) if found else self.find(value)

    def find(self, text: str) -> Moment | None:
        """Return the first date in a text, with the time of day that stands beside it."""
        text = text[:_LONGEST]
        best = min(self._days(text), default=None)
        if best is None:
            return None
        start, end, day = best
        behind = _TIME.match(text, end)
        clock = behind or _TIME_BEFORE.search(text[max(0, start - 40) : start])
        time = _time(clock) if clock else None
        if time is None:
            return Moment(day, exact=False)
        return Moment(day + time - _offset(text, behind.end() if behind else end), exact=True)

    def _days(self, text: str) -> Iterable[tuple[int, int, datetime]]:
        for pattern, places in ((_YEAR_FIRST, (1, 2, 3)), (_NUMBERS, (4, 1, 3) if self._month_first else (4, 3, 1))):
            for match in pattern.finditer(text):
                year, month, day = (match[place] for place in places)
                if found := _day(_year(year), int(month), int(day)):
                    yield match.start(), match.end(), found
                    break
        for pattern, (year_at, month_at, day_at) in _NAMED:
            at = 0
            while (named := pattern.search(text, at)) is not None:
                month_number = self._month(named[month_at])
                if month_number:
                    year = _year(named[year_at]) if named[year_at] else self._year_of(month_number, int(named[day_at]))
                    if found := _day(year, month_number, int(named[day_at])):
                        yield named.start(), named.end(), found
                        break
                at = named.start(month_at) + 1 if named.start(month_at) > named.start() else named.start(day_at) + 1

    def _month(self, word: str) -> int | None:
        return next((month for language in self._languages if (month := _month_named(word.lower(), language))), None)

    def _year_of(self, month: int, day: int) -> int:
        if self.since is None:
            return 0
        return self.since.year + ((month, day) < (self.since.month, self.since.day))


_NAMED = ((_DAY_MONTH, (3, 2, 1)), (_MONTH_DAY, (3, 1, 2)), (_YEAR_MONTH_DAY, (1, 2, 3)))


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC) if 1980 <= year < 2200 else None
    except ValueError:
        return None


def _before(year: int, month: int, day: int, since: datetime) -> bool:
    found = _day(year, month, day)
    return found is not None and found < since - timedelta(days=2)


def _time(match: re.Match[str]) -> timedelta | None:
    before, hour, minute, second, after, *_ = match.groups() if match[2] else match.groups()[5:]
    hours, half = int(hour), (before or after or "").lower()
    if half and hours <= 12:
        hours = hours % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    minutes = int(minute or 0)
    if hours > 23 or minutes > 59:
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=int(second or 0))


def _offset(text: str, at: int) -> timedelta:
    zone = _ZONE.match(text, at)
    if not zone:
        return timedelta()
    from dateparser.timezone_parser import pop_tz_offset_from_string

    _, found = pop_tz_offset_from_string(f" {zone[1]}")
    offset = found.utcoffset(None) if found else None
    return offset if isinstance(offset, timedelta) else timedelta()


@lru_cache(8192)
def _month_named(word: str, language: str) -> int | None:
    try:
        found = _parser(language).get_date_data(f"1 {word} 2000").date_obj
    except ValueError:  # a language that the library does not know
        return None
    return found.month if isinstance(found, datetime) and found.day == 1 else None


@lru_cache(64)
def _parser(language: str) -> "DateDataParser":
    # Slow to import, and only wanted where a date has words in it.
    from dateparser.date import DateDataParser

    settings = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"], "DATE_ORDER": "DMY",
                "TIMEZONE": "UTC", "RETURN_AS_TIMEZONE_AWARE": True}  # fmt: skip
    return DateDataParser(languages=[language], settings=settings)

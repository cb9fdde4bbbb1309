"""The languages of the review page: one gettext catalogue each, `locale/CODE.po`; English is in the code."""

import gettext
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_datetime, format_skeleton, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

ENGLISH = "en"


def mark(text: str) -> str:
    """Mark a text as one that is translated where it is shown."""
    return text


class Language:
    """Be a language: its texts, and how it writes times and numbers."""

    def __init__(self, code: str) -> None:
        self.code = code
        self._locale = Locale.parse(code, sep="-")
        self.translations = _catalogue(code)

    def text(self, message: str, /, **values: object) -> str:
        """Return a text with its %(names)s filled in."""
        found = self.translations.gettext(message)
        return found % values if values else found

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Return the form of a text that goes with a number, which stands in it as %(num)s."""
        return self.translations.ngettext(one, many, number) % {"num": self.number(number), **values}

    def number(self, value: int) -> str:
        """Return a number with its thousands set apart."""
        return format_decimal(value, locale=self._locale)

    def percent(self, share: float) -> str:
        """Return a share of one in percent; only what is certain is 100 %."""
        rounded = 0.99 if 0.99 < share < 1 else share
        return format_percent(rounded, locale=self._locale)

    def share(self, share: float) -> str:
        """Return a small share of one in percent, with what stands behind the point."""
        return format_percent(share, format="#,##0.##%", locale=self._locale)

    def day(self, day: date) -> str:
        """Return a day without its year."""
        return format_skeleton("MMMd", day, locale=self._locale)

    def ago(self, moment: datetime, now: datetime) -> str:
        """Return how long ago a time is, or how far ahead."""
        passed = moment - now
        # What happens this second would be told as still to come.
        passed = -timedelta(seconds=1) if abs(passed) < timedelta(seconds=1) else passed
        return format_timedelta(passed, add_direction=True, locale=self._locale)

    def span(self, seconds: float) -> str:
        """Return a length of time."""
        return format_timedelta(round(seconds), locale=self._locale)

    def moment(self, moment: datetime) -> str:
        """Return a time, in UTC."""
        return format_datetime(moment, "medium", locale=self._locale) + " UTC"


@cache
def language(code: str) -> Language:
    """Return a language by its code."""
    return Language(code)


@cache
def languages() -> Mapping[str, str]:
    """Return what the languages call themselves, by their codes: English, and each that has a catalogue."""
    found = sorted(one.stem for one in _folder().glob("*.po"))
    return {code: str(Locale.parse(code, sep="-").display_name).capitalize() for code in (ENGLISH, *found)}


def chosen(wanted: str | None, accepted: str) -> Language:
    """Return the language that somebody wants, else the first that their browser accepts, else English."""
    if wanted in languages():
        return language(wanted or ENGLISH)
    for part in accepted.split(",")[:20]:
        code = part.split(";")[0].strip().lower()
        for known in (code, code.split("-")[0]):
            if known in languages():
                return language(known)
    return language(ENGLISH)


def _folder() -> Path:
    return Path(__file__).parent / "locale"


def _catalogue(code: str) -> gettext.NullTranslations:
    if code == ENGLISH:
        return gettext.NullTranslations()
    compiled = BytesIO()
    with (_folder() / f"{code}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code.replace("-", "_")))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

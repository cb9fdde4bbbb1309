"""Which language a text is in, told by its function words or its script, and each word cut to its stem.

Function words make up a third to a half of any running text, and hardly one of them is the same in two languages, so
that a dozen words tell. Stems are those of Snowball (Porter, snowballstem.org).
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import Stemmer

from rules.stopwords import STOPWORDS

# The commonest function words of each language; they carry no topic.
_FUNCTION_WORDS = {
    "English": (
        "the of and to a in is it you that he was for on are with as i his they be at this from have or by not but what"
        " all were we when your can there an which their if will how about them then she so these would him into has"
        " its who my than been do does did am me us our no up out just any some more only don't it's i'm i've i'd i'll"
        " you're that's isn't doesn't didn't can't won't"
    ),
    "German": (
        "der die und den von das mit sich des auf für ist dem nicht ein eine als auch werden aus hat dass sie nach wird"
        " bei einer um noch wie einem über einen zum war haben nur oder aber vor zur bis mehr durch man sein wurde wenn"
        " kann ihre ihr sind ich wir mich mir dir dich uns euch hier dann doch schon mal sehr immer weil diese dieser"
        " dieses kein keine zu im am es er so da was bin hatte hätte würde wäre gibt ja nein also denn etwas alle"
        " alles nichts jetzt wieder gegen ohne unter zwischen jeder jede wo wer warum habe einfach muss soll"
    ),
    "French": (
        "le la les des est que une dans qui par pour sur pas plus avec sont mais comme ont cette ses tout fait été"
        " aussi leur bien peut tous nous vous elle ils son nos vos même sans très être avoir ces donc car où moi"
        " puis chez sous"
        " toi lui ici de et un du en ne se ce au aux je tu il on ou si y mon ma mes ton ta sa notre votre j'ai c'est"
        " d'un d'une qu'il n'est l'on quand encore après avant alors rien trop peu faire dit était avait suis ai a"
    ),
    "Spanish": (
        "el la los las una por con para del como más pero sus este esta entre cuando muy sin sobre también hasta hay"
        " donde quien desde todo nos durante todos uno les contra otros ese eso ante ellos esto antes algunos qué unos"
        " otro él de que y en un se al lo le su es no mi yo tu si ya porque ha he son ser está fue era ni me te hace"
        " cada solo así nada mucho bien aquí tiene"
    ),
    "Russian": (
        "и в не на я с он то а по но они мы из за же вы у бы о от что как это все она так его только мне было вот меня"
        " еще нет ему теперь когда даже если уже или быть был него вас вам ведь там потом себя ничего может тут где"
        " есть надо ней для тебя их чем была сам без будто чего раз тоже под будет тогда кто этот того потому этого"
        " какой совсем здесь этом один к до при об ещё всё её моё"
    ),
    "Italian": (
        "il lo la gli le di che e un una in non per con del della dei delle è sono si ma come più anche questo questa"
        " se ho hai ha abbiamo hanno mi ti ci da al alla nel nella sul ed o io lui lei noi voi loro essere molto quando"
        " perché cosa così dopo prima tutto tutti ancora"
    ),
    "Portuguese": (
        "o a os as de que e um uma em não por com do da dos das é são se mas como mais também este esta isso no na nos"
        " nas ao pelo pela eu ele ela nós eles você foi ser muito quando porque já tem seu sua até sem"
    ),
    "Dutch": (
        "de het een en van ik te dat die in is niet zijn op aan met als voor er maar om hij dan zou of wat mijn dit zo"
        " door over ze zich bij ook tot je mij uit der daar haar naar heb heeft hebben want nog zal wel geen nu meer"
        " deze wij ons wordt"
    ),
}
_STEMMED = frozenset(_FUNCTION_WORDS)
_OWNERS = {
    word: tuple(language for language, words in _FUNCTION_WORDS.items() if word in words.split())
    for words in _FUNCTION_WORDS.values()
    for word in words.split()
}
# Scripts by the first word of their characters' names; Latin tells nothing.
_SCRIPTS = {"CJK": "Chinese or Japanese", "HIRAGANA": "Chinese or Japanese", "KATAKANA": "Chinese or Japanese"}
_SAMPLE = 100  # words, or twice as many characters: a text does not change its language after that
_MIN_HITS = 3
_MIN_SHARE = 0.15
_MAX_WORD = 40  # longer ones are no words
_MAX_KNOWN = 200_000


def language_of(words: Sequence[str], text: str) -> str | None:
    """Return the language of a text of folded words, or its script's name; None where that cannot be told."""
    sample = words[:_SAMPLE]
    if len(sample) < _MIN_HITS:
        return None
    hits: dict[str, int] = {}
    for word in sample:
        for language in _OWNERS.get(word, ()):
            hits[language] = hits.get(language, 0) + 1
    ranked = sorted(hits.items(), key=lambda hit: -hit[1])[:2]
    if ranked and ranked[0][1] >= max(_MIN_HITS, _MIN_SHARE * len(sample)):
        (best, most), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0
        return best if most >= 1.25 * second else None
    return None if text[: 2 * _SAMPLE].isascii() else _script(text[: 2 * _SAMPLE])


def _script(text: str) -> str | None:
    scripts = Counter(unicodedata.name(letter, "?").split()[0].split("-")[0] for letter in text if letter.isalpha())
    named = Counter[str]()
    for script, count in scripts.items():
        named[_SCRIPTS.get(script, script.title())] += count
    name, most = max(named.items(), key=lambda one: one[1], default=("Latin", 0))
    return name if name != "Latin" and most >= 2 * _MIN_HITS and most > 0.6 * named.total() else None


class _Known(dict[str, str]):
    """Keep what was cut."""

    def __init__(self, cut: Callable[[str], str]) -> None:
        super().__init__()
        self._cut = cut

    def __missing__(self, word: str) -> str:
        if len(self) > _MAX_KNOWN:
            self.clear()
        stem = self[word] = self._cut(word)
        return stem


class Stems:
    """Cut the words of one language to stems; words that carry no topic have none."""

    def __init__(self, language: str) -> None:
        self._stop = STOPWORDS if language == "English" else frozenset()
        self._stop |= frozenset(_FUNCTION_WORDS.get(language, "").split())
        self._stem: Callable[[str], str] = str
        if language in _STEMMED:
            self._stem = Stemmer.Stemmer(language.lower(), 0).stemWord
        # Returns the stem of a folded word, "" for one that carries no topic: a look into a table, for all words ask.
        self.of: Callable[[str], str] = _Known(self._cut).__getitem__

    def _cut(self, word: str) -> str:
        if word in self._stop or word.isdigit() or len(word) > _MAX_WORD:
            return ""
        # "don't" is one word, and so is "l'homme"; what stands before a short word's apostrophe is grammar, or after.
        parts = word.split("'")
        if len(parts) > 1:
            word = max(parts, key=len)
            if word in self._stop:
                return ""
        if len(word) < 2 or (len(word) == 2 and word.isalpha() and word.isascii()):
            return ""
        return self._stem(word)


@cache
def stems_in(language: str | None) -> Stems:
    """Return the stems of a language, English where it is not known."""
    return Stems(language or "English")

"""The words of reporting, in the languages that the rules know: data for attribution and kind."""

import re


def alternatives(phrases: str) -> str:
    """Return a group that matches any of the phrases set apart by `|`; a space matches any white space."""
    parts = sorted(
        {phrase.strip() for phrase in phrases.split("|") if phrase.strip()}, key=lambda part: (-len(part), part)
    )
    return "(?:" + "|".join(re.escape(part).replace(r"\ ", r"\s+") for part in parts) + ")"


SPEECH_VERBS = alternatives(
    "said|says|say|saying|wrote|writes|write|writing|asked|asks|stated|states|noted|notes|claimed|claims|argued|"
    "argues|explained|explains|mentioned|mentions|added|adds|put|puts|pointed out|points out|suggested|suggests|"
    "replied|replies|answered|answers|quoted|quotes|quoting|commented|comments|posted|posts|tweeted|tweets|"
    "reported|reports|announced|announces|admitted|admits|insisted|insists|declared|declares|observed|observes|"
    "remarked|remarks|told|tells|warned|warns|concluded|concludes|continued|continues|recalled|recalls|joked|"
    "jokes|called|calls|described|describes|acknowledged|acknowledges|responded|responds|stresses|stressed|"
    "indicated|indicates|believes|believed|thinks|predicted|predicts|promised|promises|recommended|recommends|"
    "shouted|complained|complains|sums up|summed up|"
    # German
    "sagt|sagte|schreibt|schrieb|meint|meinte|erklärt|erklärte|behauptet|behauptete|fragt|fragte|betont|betonte|"
    "zitiert|"
    # French
    "dit|disait|écrit|écrivait|affirme|affirmait|déclare|déclarait|explique|expliquait|a dit|a écrit|a déclaré|"
    # Spanish
    "dijo|dice|escribió|escribe|afirmó|afirma|explicó|explica|declaró|declara|preguntó|comentó|"
    # Russian
    "сказал|сказала|говорит|пишет|писал|писала|написал|написала|заявил|заявила|отметил|отметила|считает|"
    "утверждает"
)
ACCORDING = alternatives(
    "according to|in the words of|to quote|quoting|quoth|as quoted by|quote from|quotes from|attributed to|"
    "courtesy of|from|by|per|via|laut|nach|gemäß|zufolge|selon|d'après|según|по словам|согласно"
)
WORKS = alternatives(
    "article|articles|post|blog|blog post|blogpost|entry|essay|paper|report|book|chapter|section|manual|"
    "documentation|docs|doc|readme|release notes|spec|specification|rfc|draft|standard|page|site|website|wiki|"
    "wikipedia|faq|interview|speech|column|editorial|op-ed|story|piece|press release|announcement|transcript|"
    "headline|title|license|licence|eula|email|e-mail|letter|tweet|video|podcast|bible|constitution|op|"
    "original post|study|abstract|summary|guidelines|"
    "message|mail|statement|notice|memo|poem|song|lyrics|ad|advert|slogan|intro|introduction|preface|foreword|conclusion|paragraph|quote|motto|caption|msdn|artikel|beitrag|buch|bericht|article|livre|billet|"
    "rapport|artículo|libro|entrada|informe|статья|статье|статьи|книге"
)
VAGUE = alternatives(
    "someone|somebody|some people|some one|people|many|many people|they|everyone|everybody|anyone|others|"
    "another commenter|one commenter|a commenter|a poster|somewhere|the media|a friend|a coworker|a colleague|"
    "some guy|man sagt|jemand|quelqu'un|on dit|alguien|кто-то|говорят"
)
PRONOUNS = alternatives("he|she|his|her|him|er|sie|il|elle|él|ella|он|она")
# Words that tell of speech that nobody said: what one might say, would think, is tempted to.
HYPOTHETICAL = (
    r"\b(?:might|may|could|would|will|shall|should|can|cannot|can't|'d|’d|'ll|’ll|if|when|whenever|imagine|suppose|"
    r"pretend|tempted\s+to|want(?:s|ed)?\s+to|going\s+to|try\s+to|trying\s+to|let's|let\s+us|as\s+if|as\s+though|"
    r"kind\s+of|sort\s+of|type\s+of|some\s+kind|basically|essentially|along\s+the\s+lines\s+of|something\s+like|things\s+like|"
    r"like|going|goes|went|be\s+like|i\s+thought|think(?:ing)?|thought|feel(?:s|ing)?|wonder(?:ing|s|ed)?|wish|hope|how\s+about|"
    r"why\s+not|instead\s+of|rather\s+than|don't\s+say|never\s+said|not\s+just|always|typical|usual|usually|often|"
    r"i\s+say|i\s+said|i\s+mean|i'm|my|me)\b"
)
# Words that make what follows a name, a term or a title.
NAMING = (
    r"\b(?:so-called|so\s+called|the\s+terms?|the\s+words?|the\s+phrases?|the\s+concept|the\s+idea|the\s+notion|a\s+term|called|"
    r"titled|entitled|named|known\s+as|dubbed|labell?ed|tagged|defined\s+as|definition\s+of|means|meaning|aka|the\s+whole|"
    r"the\s+old|the\s+classic|attitude|mentality|mindset|approach|button|link|menu|option|tab|error|message|heading|category|"
    r"project|folder|file|song|movie|film|album|game|show|search(?:ed|ing)?\s+for|google(?:d|ing)?|click(?:ed|ing)?|"
    r"select|type|press|sogenannte[nrs]?|namens|Begriff|Wort|soi-disant|terme|mot|llamad[oa]|término|palabra|так\s+называем\w+)\b"
)

"""Words around a link that say nothing of it, words that do however few they are, and how a link is asked for.

In English, German, French, Spanish and Russian; all folded.
"""

import re

# Grammar, pointing, and the small talk that goes with a link.
_EMPTY_WORDS = frozenset(
    # English
    " a about above after again all along already also amazing an and another any anybody anyone are around article"
    " articles as at awesome be because been before below besides blog both brilliant btw but by case cf check"
    " check's click com come cool couldn't courtesy did do does dude edit enjoy etc even excellent fantastic folks"
    " follow following for found from ftw full funny further fwiw fyi get given go good great guys had haha has have"
    " he hello helpful her here here's hey hi hilarious his hmm http https i i'd i'll i'm i've imo in indeed info"
    " information instance interested interesting into is it it's its itself just later like link linked links lol"
    " look looks many maybe me mean mine missed more most must my myself neat net nice now of off ok okay on one ones"
    " only or org other others our out over page part please plus post pps ps read reading ref reference references"
    " related relevant same see seen she similar site so some something sorry source sources such take tell than"
    " thank thanks that that's the their them then there there's these they thing things think this those though"
    " thought thoughts through thru thx tip tldr to too try until up update updated url us use useful version via"
    " visit was watch way we web webpage website were what when where which with wonderful worth wow www xd yep yet"
    " you you'll your yours"
    # German
    " aber alle alles als am an anbei artikel auch auf aus bei beim beitrag bitte da dabei dafür danke dann darüber"
    " das davon dazu dem den denn der des die dies diese diesem diesen dieser dieses doch dort du ein eine einem"
    " einen einer eines er es etwas für ganz genau guck gucken guckt gut hallo hier hierzu ich ihr im in infos ins"
    " interessant interessante interessierte ist ja jetzt klick klickt kurz lesen lesenswert lest lies link links mal"
    " man mehr mein meine mich mir mit nach noch nur näheres ob oben oder quelle quellen quellenangabe schau schauen"
    " schaut schon sehen sehenswert sehr seht seite selbst siehe so super text um und uns unten unter vgl vielleicht"
    " vom von vor war weitere weiteres wer wie wir wo zb zu zum zur über"
    # French
    " à ai alors après article au aussi autre autres aux avec avez avis bien bon bonne bonjour ça ce ceci cela celui"
    " ces cet cette ci cliquer cliquez comme complément d'autres d'infos dans de des dessous dessus détails du elle"
    " en encore est et exemple ici il ils info infos intéressant intéressante j'ai je jetez l'article la là le les"
    " leur lien liens lire lisez lecture ma mais me merci mes moi mon même nous on ou où par pour plus page qu'en que"
    " qui regarde regarder regardez sa se site si son source sources suite sur suivant très tout toutes tous un une"
    " utile vers via vidéo voici voilà voir voire vous y œil oeil"
    # Spanish
    " a acá ahí al algo allí aquí artículo así bien bueno buen con clic como cosa de del desde donde echa echad el"
    " ella ellos en enlace enlaces entre es esa ese eso esta éste esta este esto está estos fuente fuentes gracias"
    " hay hola info información interesante la las le leed leer lean lee lo los más me mi mira mirad mire miren mucho"
    " muy nos o otra otro página para pero por que qué se si sí sitio sobre su también te texto todo todos tu un una"
    " unos ustedes ver vean vea ved vídeo vistazo y ya yo"
    # Russian
    " а б более в вам вас вот всё все всем глянь гляньте да давай для до его ещё еще же за здесь и из или интересно"
    " интересная интересный информация источник источники к как кстати линк ли мне можно на нам наш нее него ну но о"
    " об она они от отсюда по подробнее подробности пожалуйста под полезно пост почитай почитайте при про прочтите"
    " сайт сам свой см смотри смотрите со спасибо ссылка ссылке ссылки ссылку статья статье статью страница сюда так"
    " там те тем то тоже только тут ты у уже хорошая хорошо что чтобы эта эти это этом этот эту я видео интересно"
    # Chinese and Japanese, whose words are parted at every character
    " こ そ ち ら れ 参 考 这 那 里 看 见 请 链 接 此 处".split()
)
# An answer is a sentence whatever its length: a link with one of these has been said something about.
ANSWERS = frozenset(
    " no nope nah not never none yes yeah agreed disagree wrong false true untrue correct incorrect fixed done closed"
    " solved resolved merged released deprecated broken dead obsolete outdated fake debunked confirmed 404 nein nicht"
    " nie kein keine falsch richtig stimmt erledigt behoben gelöst leider kaputt jein non pas jamais faux vrai oui"
    " corrigé résolu fermé nunca falso cierto verdad arreglado resuelto corregido нет не никогда неправда правда"
    " верно неверно исправлено готово решено закрыто".split()
)
# With one of these, one word that says something makes a sentence.
_AUXILIARIES = frozenset(
    " am are is isn't aren't was wasn't were has hasn't have haven't had does doesn't did didn't can can't cannot"
    " could will won't would wouldn't should shouldn't may might don't it's i'm i've i'd i'll you're they're we're"
    " he's she's there's that's who's let's should've would've could've might've must've thanks thank thx ist sind"
    " war waren hat haben hatte kann können könnte wird wurde werden wurden würde muss soll gibt est sont était ont"
    " avait peut peuvent sera fait faut c'est n'est es son era fue tiene tienen puede pueden será hay está están есть"
    " был была было были будет может могут".split()
)
PREDICATES = _AUXILIARIES | frozenset(
    " says said makes made needs works worked explains shows lists covers describes instead went came took gave wrote"
    " lost won told built broke fell sold bought died but aber mais pero но steht zeigt erklärt explique montre dit"
    " explica muestra dice объясняет показывает говорит пишет".split()
)
EMPTY = _EMPTY_WORDS | _AUXILIARIES
# With a person, these tell what was even where no word says what: "I was there".
PAST = frozenset("was were been war waren étais était estuve estaba был была были".split())
# What a verb that nobody has listed is known by: "the mayor denies it", "el alcalde lo niega".
OBJECTS_AFTER = frozenset("it him them das ihn".split())
OBJECTS_BEFORE = frozenset("lo это этого".split())
# Who speaks of himself, to somebody or of somebody has a sentence too.
PERSONS = frozenset(
    " i we you he she they ich wir du ihr je j'ai j'y nous vous yo nosotros usted ustedes я мы ты вы он она они".split()
)
# "To see the dam, go to …": a sentence that says what the link is for.
PURPOSES = frozenset("to for if um für wenn falls pour si para для чтобы если".split())
TRACKBACK = re.compile(
    r"\b(?:track\s?-?back|ping\s?-?back|rétrolien|обратная ссылка|трекбэк)s?\b|\[via:|\byou['’]?ve been kicked\b",
    re.I,
)
_LINK_WORD = (
    r"(?:links?|urls?|source|sources|references?|citations?|cites?|proof|evidence|quellen?(?:angabe)?|belege?|nachweis"
    r"|liens?|sources?|références?|fuentes?|enlaces?|referencias?|ссылк\w+|источник\w*|пруф\w*|линк\w*)"
)
_ASKED = (
    # "Source?", "Any link for that?", "Hast du einen Link?"
    re.compile(rf"\b{_LINK_WORD}\b[^.!?\n]{{0,60}}\?", re.I),
    re.compile(
        rf"\b(?:post|share|send|give|provide|add|need|want|schick\w*|poste\w*|teil\w*|gib|gebt|brauche|donne\w*"
        rf"|envoie\w*|partage\w*|pon|pasa\w*|manda\w*|comparte\w*|дай\w*|скинь\w*|кинь\w*|поделись|поделитесь)\b"
        rf"[^.!?\n]{{0,30}}\b{_LINK_WORD}\b",
        re.I,
    ),
    re.compile(r"\b(?:citation|source|reference|link) (?:needed|please|pls|plz)\b", re.I),
    # "Where can I read it?"
    re.compile(
        r"\b(?:where|wo|woher|où|dónde|donde|где|откуда)\b[^.!?\n]{0,40}\b(?:find|get|buy|read|download|see|watch|look|finde\w*"
        r"|lesen|kaufen|herunterladen|bekomm\w*|trouve\w*|lire|acheter|télécharger|voir|encontrar\w*|leer|comprar|descargar"
        r"|ver|найти|прочитать|скачать|купить|посмотреть|почитать)\b[^.!?\n]{0,60}\?",
        re.I,
    ),
)
_LONGEST_REQUEST = 1500


def asks_for_link(text: str) -> bool:
    """Tell whether a comment asks its readers for a link."""
    return len(text) <= _LONGEST_REQUEST and any(pattern.search(text) for pattern in _ASKED)

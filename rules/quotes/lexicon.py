"""The words of reporting, in the languages that the rules know: data for attribution and kind.

A form stands in one set only for what it means beside a quotation; all are in small letters.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PAST = """
said wrote asked stated noted claimed argued explained mentioned added put pointed suggested replied answered quoted
commented posted tweeted reported announced admitted insisted declared observed remarked told warned concluded
continued recalled joked called described acknowledged responded stressed indicated believed predicted promised
recommended shouted complained summed demanded scolded vowed asserted contended maintained denied urged repeated
emphasized emphasised elaborated conceded confirmed revealed countered quipped exclaimed whispered yelled cried
muttered lamented boasted praised criticized criticised accused blasted slammed labeled labelled testified opined
alleged charged decried denounced dismissed echoed estimated expressed hinted implied inquired interjected lied
objected heard pledged pleaded proclaimed questioned recounted reiterated remembered retorted retweeted ruled speculated
swore talked taught thanked thought told touted tweeted typed voiced wondered blogged phrased uttered defended
defined referred characterized characterised cited branded lauded attacked mused hit mocked offered read went
sagte schrieb meinte erklärte behauptete fragte betonte antwortete erwiderte ergänzte kritisierte warnte forderte nannte
gesagt geschrieben gemeint erklärt behauptet gefragt betont zitiert
disait écrivait affirmait déclarait expliquait ajoutait dit écrit affirmé déclaré expliqué ajouté répondu répondit
demandé précisé assuré estimé
dijo escribió afirmó explicó declaró preguntó comentó añadió respondió señaló aseguró sostuvo dicho escrito afirmado
сказал сказала сказали писал писала написал написала заявил заявила отметил отметила утверждал спросил спросила
ответил ответила добавил добавила подчеркнул подчеркнула пояснил объяснил
"""
_PRESENT = """
says writes asks states notes claims argues explains mentions adds puts points suggests replies answers quotes comments
posts tweets reports announces admits insists declares observes remarks tells warns concludes continues recalls jokes
calls describes acknowledges responds stresses indicates believes thinks predicts promises recommends asserts contends
maintains denies urges repeats emphasizes emphasises concedes confirms reveals complains sums refers defines cites
agrees labels yells sings reads opines
sagt schreibt meint erklärt fragt betont zitiert
affirme déclare explique ajoute répond précise estime
dice escribe afirma explica declara añade señala heißt steht lautet lit reza говорится
говорит пишет отмечает считает утверждает заявляет спрашивает подчёркивает
"""
_BASE = """
say write ask state note claim argue explain mention add suggest reply answer quote comment post tweet report announce
admit insist declare observe remark tell warn conclude believe think recommend assert contend cite describe call
sagen schreiben dire écrire decir escribir dicen disent сказать говорят пишут
"""
_PARTICIPLE = """
saying writing asking stating noting claiming arguing explaining mentioning adding suggesting replying quoting
commenting posting tweeting reporting announcing insisting declaring calling describing telling warning thinking
asserting paraphrasing citing
"""
# How each form of a verb of speech tells of it.
SPEECH: dict[str, str] = {
    form: tense
    for tense, forms in (("ing", _PARTICIPLE), ("base", _BASE), ("present", _PRESENT), ("past", _PAST))
    for form in forms.split()
}
# These say so only where they join a name to the passage itself; "thought" and "went" mostly tell of no speech.
WEAK_SPEECH = _words("put hit went thought talked offered agreed called posted taught charged continued ruled dit")

# These are nouns as often: "his tweets", "the report states".
NOUNS_TOO = _words(
    "tweets posts comments claims quotes reports answers remarks notes points calls tweet post comment "
    "claim quote report answer remark note comment"
)
AUXILIARIES = _words(
    "has have had is was were are be been being did does do also later then once just recently already always again "
    "still now even once further first previously himself herself reportedly famously a ai as hat habe hatte il elle "
    "ha había auch noch так also both all"
    " mal einmal wohl halt eben bereits gestern heute gern gerne immer se ont haben han había sido déjà encore "
    "aussi souvent hier"
    " ya también siempre ayer hoy уже также однажды вчера сегодня тоже как-то"
)
# A verb of speech after these is about its subject, not by it.
PASSIVE = _words("was were been being is are be wurde wurden sido été")
MODALS = _words(
    "might may could would will shall should can cannot can't won't wouldn't couldn't must 'd 'll not never don't "
    "didn't doesn't n't"
)
HE = _words("he she er sie il elle él ella он она")
I = _words("i ich je yo я")  # noqa: E741  # the pronoun
WE = _words("we wir nous nosotros мы one on man uno")
YOU = _words("you du ihr vous tu usted ustedes вы ты you've you're")
THEY = _words(
    "they people everyone everybody anyone anybody others folks guys leute alle nobody who ils elles ellos они люди"
)
IT = _words("it which that es это")
SOMEONE = _words("someone somebody jemand quelqu'un alguien кто-то")
POSSESSIVES = _words("his her their its sein seine ihr ihre son sa ses su sus его её их")
INDEFINITE = _words("a an one some another many most several other few any two three ein eine einer un une una unos")
DEFINITE = _words("the this that these those my our your his her their its der die das dieser diese le la les el los")
ACCORDING = _words(
    "words mots palabras worten словам according laut zufolge selon según согласно nach gemäß d'après per via courtesy"
)
# Small words inside a name.
PARTICLES = _words("de van von der den al bin la le du el y of da di dos das und & st")
PREPOSITIONS = _words(
    "on in at of for from to with by about against after before during since as into over under am im en à le"
)
CONJUNCTIONS = _words(
    "what and or but that which who whom if when while because so than und oder dass et ou que qui y o и что"
)
DATES = _words(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december today yesterday tomorrow twitter facebook montag dienstag mittwoch donnerstag "
    "freitag samstag sonntag"
)
TITLES = _words(
    "mr ms mrs dr rep sen gov prof st gen col lt sgt rev hon pres "
    "sir jr sr capt vs inc co corp ltd no vol pp ed etc m mme"
)
# Capitalised words that only open a sentence.
NO_NAME = _words(
    "i a an the if when but and so or as it its it's i'm i'd i've i'll you your he she they we this that these "
    "those there in on at to of for from by with not no yes now then what who why how which where while well just "
    "also like my his her our their one some all any because since after before although though here let me be is "
    "are was were do does did have has had can could would should will may might maybe perhaps yeah ok okay oh hi "
    "hey hello thanks lol imho imo ps edit update ja nein und oder aber ich du er sie es wir ihr der die das ein "
    "eine mais et ou je tu il elle nous vous le la les un une el los las pero y o yo earlier later recently once "
    "today yesterday again finally still previously originally according quote quoting someone somebody people "
    "many everyone everybody anyone others another jemand alguien кто-то oops ahh ah likewise additionally "
    "furthermore anyway instead re eg ie error sorry first second however moreover otherwise "
    "meanwhile therefore thus hence besides apparently obviously basically actually specifically generally "
    "personally honestly seriously interestingly unfortunately fortunately similarly clearly surely sometimes "
    "often usually nope wow hmm ugh yep sure right true good great nice love agreed renaming learning reading "
    "using saying via per wtf only every each both more most much very such other asked during even quite wie als "
    "wenn dass denn doch nur auf bei mit von für aber comme quand pour dans sur par avec sans según selon como "
    "cuando en con por para sin как что это если когда по в на за у о же то не да нет вот так там"
)
WORKS = _words(
    "article articles post blog blogpost entry essay paper report book chapter section manual documentation docs doc "
    "readme specification spec rfc draft standard page site "
    "website wiki wikipedia faq interview speech column editorial "
    "op-ed story piece announcement transcript headline title license "
    "licence eula email e-mail letter tweet video podcast "
    "bible constitution op study abstract summary guidelines message mail "
    "statement notice memo poem song lyrics ad advert "
    "slogan intro introduction preface foreword conclusion motto caption msdn release dictionary "
    "footnote "
    "artikel beitrag buch bericht livre billet rapport artículo libro entrada informe статья статье статьи книге"
)
# A work that the one spoken to has written.
YOUR = _words("your dein deine euer votre ton tu su вашей твоей")
# What "you" do when the passage is yours: "you pose the question", "your point is".
YOUR_WORDS = _words(
    "words word claim statement point points comment comments question quote assertion argument arguments reply view "
    "views sentiment idea suggestion example sentence phrase paragraph logic reasoning remark answer position premise"
)
YOU_DO = _words(
    "make made raise raised pose posed use used give gave define label labelled labeled describe refer present mean "
    "meant keep talk talked propose proposed list listed conclude have had"
)
# Words that tell of speech that nobody said: what one might say, would think, is tempted to.
UNREAL = _words(
    "might may could would will shall should can cannot can't 'd 'll if when whenever imagine suppose pretend tempted "
    "let's basically essentially like going goes went thought think thinking feel feels feeling wonder wondering wish "
    "hope instead rather don't never not always typical usual usually often mean i'm my me try trying want wants "
    "wanted wie wenn si как если würde"
)
# Words that call what follows somebody's words.
SAYINGS = _words(
    "saying sayings adage proverb maxim motto quote quotation line phrase passage definition recording slogan "
    "rule verse "
    "lyric lyrics snippet excerpt headline caption statement sentence spruch zitat satz citation phrase cita "
    "frase цитата"
)
# What one has of somebody: "I read somewhere", "had a colleague say".
HEARD = _words("read heard hear saw seen had have got getting gelesen gehört lu entendu leído oído читал слышал")
# Words that make what follows a name, a term or a title.
NAMING = _words(
    "so-called term terms word words concept idea notion called titled entitled named known dubbed "
    "labelled labeled tagged defined means meaning aka "
    "whole old classic attitude mentality mindset approach "
    "button link menu option tab error message heading category project folder file song movie film album game show "
    "search searched searching google googled click clicked clicking select type press sogenannte sogenannten namens "
    "begriff wort soi-disant terme mot llamado llamada término palabra spelling"
)

"""Words that carry no topic: function words of five languages, and the small talk of comments."""

STOPWORDS = frozenset(
    # English
    " the and you that was for are with his they this have from one had word but not what all were when your can"
    " said there use each which she how their will other about out many then them these some her would make like"
    " him into has look two more write see number way could people than first been call who its now find long down"
    " day did get come made may part over new sound take only little work know place year live back give most very"
    " after thing our just name good sentence man think say great where help through much before line right too"
    " means old any same tell does set three want well also even because such why again off own while should never"
    " really being still here must those both between under always something nothing anything everything someone"
    " anyone everyone let going got it's don't doesn't didn't isn't wasn't can't won't i'm i've i'd i'll you're"
    " you've that's there's they're we're what's he's she's aren't couldn't wouldn't shouldn't haven't hasn't yes"
    " yeah yet though although however maybe perhaps might every else ever less least few lot lots put end big"
    " best better bad sure actually quite rather enough already probably pretty around against during without"
    " within since until upon whether either neither nor per via etc thanks thank please hello hey hi lol post"
    " posts comment comments article blog read reading wrote written"
    # German
    " der die und den von das mit sich des auf für ist dem nicht ein eine als auch werden aus hat dass sie nach"
    " wird bei einer noch wie einem über einen zum war haben nur oder aber vor zur bis mehr durch man sein wurde"
    " wenn kann ihre ihr sind ich wir mich mir dir dich uns euch hier dann doch schon mal sehr immer weil diese"
    " dieser dieses kein keine"
    # French
    " les des est que une dans qui par pour sur pas plus avec sont mais comme ont cette ses tout fait été aussi"
    " leur bien peut tous nous vous elle ils son nos vos même sans très être avoir ces donc car où moi toi lui ici"
    # Spanish
    " los las una por con para del como más pero sus este esta entre cuando muy sin sobre también hasta hay donde"
    " quien desde todo nos durante todos uno les contra otros ese eso ante ellos esto antes algunos qué unos otro"
    " él"
    # Russian
    " что как это все она так его только мне было вот меня еще нет ему теперь когда даже вдруг если уже или быть"
    " был него вас нибудь опять вам ведь там потом себя ничего может они тут где есть надо ней для мы тебя их чем"
    " была сам чтоб без будто чего раз тоже себе под будет тогда кто этот того потому этого какой совсем ним здесь"
    " этом один".split()
)

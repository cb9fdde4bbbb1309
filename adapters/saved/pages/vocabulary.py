"""What the class names of themes and platforms say: each name is split into words, and its last word tells the role.

`comment-author-link`, `commentAuthor`, `comment__author-name` and `wc-comment-author` all name an author;
`comment-author-avatar` does not, for a picture or a button wins over the rest. Words that only say "box around it"
(wrap, inner, container) are passed over.
"""

import re
from enum import Flag, auto
from functools import lru_cache

from adapters.saved.pages.tree import Element


class Role(Flag):
    """Say what a class attribute makes of its element; one element can have several roles."""

    BODY = auto()  # says "the comment's text" outright
    BODY_PERHAPS = auto()  # may be the text, or a box around the text and more
    AUTHOR = auto()  # names the author
    AUTHOR_PERHAPS = auto()  # may hold the author among other things
    DATE = auto()
    DATE_PERHAPS = auto()
    EDITED = auto()
    HEADER = auto()  # what stands around the text: author, date, title
    NOISE = auto()  # what is there to be clicked, or a picture of the author
    COMMENT = auto()
    REPLIES = auto()  # a list of the answers to the comment before it
    SECTION = auto()  # a box of comments
    NOTHING = 0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[-_:.]+")
_COMPOUND = re.compile(
    r"(comments?|comm|post|entry|user|author|reply)"
    r"(text|texts|body|content|entry|author|user|name|meta|metadata|date|time|info|list|form|header|head|footer|copy|message"
    r"|block|wrap|item|link|box|edit|count|actions|permalink|avatar)"
)
_COMMENT = _words(
    "comment comments commento commenti commentaire commentaires kommentar kommentare comentario comentarios comm"
    " pingback trackback reactie reacties komentarz komentarze cmt cmnt epoch comtr"
)
_ONE = _words("comment pingback trackback kommentar commentaire comentario commento reactie komentarz comtr cmt")
_WRAPPERS = _words(
    "wrap wrapper inner container box area outer holder block item items row col column group inside clearfix panel"
    " element media main single full s p bottom top left right even odd self js w wc wpd the"
)
_BODY = _words("text texts content contents copy message msg description entry")
_BODY_PERHAPS = _BODY | _words("body md contenttext")
_AUTHOR = _words("author authorname username nickname nick commenter poster fn creator user byline screenname")
_NAMING = _words("name link url fn text title display info by id a")
_DATE = _words("date time datetime timestamp published datum fecha posted ago created age when dated")
_NAMED = _COMMENT | _words("name c visitor guest sender real full person member profile display cmt reply post")
_HEADER = _words(
    "meta metadata header head heading info details footer submitted vcard byline title subject foot top data permalink"
    " permalinks"
)
_NOISE = _words(
    "reply replies respond share sharing like likes likebtn dislike unlike vote votes voting upvote downvote rating"
    " ratings report flag action actions control controls tool tools toolbar button buttons btn form avatar avatars"
    " gravatar photo awaiting moderation counter count karma toggle sharedaddy says said tooltip menu dropdown util"
    " links nav pagination badge icon icons number edit delete answer sr screen thumbs kudos spam quicktags"
    " social subscribe ellipsis relatedposts login score continue expand collapse num floor"
)
_EDITED = _words("edited updated modified")
_REPLIES = _words("children replies child subcomments sublist responses answers thread nested indented")
COMMENTS_HEADING = re.compile(
    r"\s*(?:\(?\d+\)?\s+)?(?:comments?|kommentare?|commentaires?|comentarios?|comentários?|commenti|reacties|komentarze"
    r"|kommentarer|responses?|replies|reactions|antworten|réponses|respuestas|комментари\w*|yorumlar|コメント"
    r"|评论|留言|댓글)\b.{0,40}$",
    re.I,
)
_ELSEWHERE = re.compile(
    r"(?:^|[\s_-])(?:recent|latest|newest|neueste|letzte|derniers|ultimos|popular|top)[_-]?"
    r"(?:comments?|kommentare|commentaires|comentarios)|(?:^|\s)(?:(?:primary|left|right|secondary|main|blog|site|page)"
    r"[_-]?)?side[_-]?bar(?:[_-](?:primary|left|right|secondary|main|first|second|\d+|widgets?|area|container|inner"
    r"|wrapper))?(?:\s|$)|(?:^|\s)(?:widget[_-]area|recentcomments)(?:\s|$)",
    re.I,
)


def roles(element: Element) -> Role:
    """Return what the class attribute of an element says."""
    names = element.attributes.get("class")
    return _roles(names) if names else Role.NOTHING


def is_elsewhere(element: Element) -> bool:
    """Tell whether an element is a sidebar or a list of comments that belong to other posts."""
    names = f"{element.get('id')} {element.get('class')}".strip()
    return bool(names) and _elsewhere(names)


def name_words(name: str) -> list[str]:
    """Split a class name or id into its words, in lower case."""
    parts = _SEPARATORS.split(_CAMEL.sub("-", name).lower())
    words: list[str] = []
    for part in parts:
        compound = _COMPOUND.fullmatch(part)
        words.extend(compound.groups() if compound else (part,))
    return [word for word in words if word]


@lru_cache(4096)
def _elsewhere(names: str) -> bool:
    return bool(_ELSEWHERE.search(names))


@lru_cache(4096)
def _roles(names: str) -> Role:
    found = Role.NOTHING
    for name in names.split()[:40]:
        found |= _role(name)
    # A name that says "text" outright is believed against one that only has a word like "form" or "edit" in it.
    if Role.BODY in found or Role.COMMENT in found:
        found &= ~Role.NOISE
    return found


def _role(name: str) -> Role:
    words = name_words(name)
    core = list(words)
    while len(core) > 1 and (core[-1] in _WRAPPERS or core[-1].isdigit()):
        core.pop()
    if not core:
        return Role.NOTHING
    head, said = core[-1], set(core)
    return _kind(name, words, head, said) | _part(core, head, said)


def _kind(name: str, words: list[str], head: str, said: set[str]) -> Role:
    found = Role.NOTHING
    rest = set(words) - {"comment", "comments"}
    if head in _ONE and not said & _NOISE and said <= _ONE | _WRAPPERS | _words("list blog post user view article"):
        found |= Role.COMMENT
    if head in ("comments", "kommentare", "commentaires", "comentarios", "commenti", "reacties", "komentarze") or (
        said & _COMMENT and rest & _words("list area section template")
    ):
        found |= Role.SECTION
    if name == "children" or (said & _REPLIES and words[-1] in _REPLIES | _words("list container wrap of")):
        found |= Role.REPLIES
    return found


def _part(core: list[str], head: str, said: set[str]) -> Role:
    if core == ["p", "name"] or core[0] == "bypostauthor":
        return Role.NOTHING
    if core[:2] == ["user", "text"]:
        return Role.BODY if head == "body" else Role.NOTHING
    about_comment = bool(said & (_COMMENT | _words("reply review usertext post message")))
    noise = said & _NOISE
    if head in _BODY_PERHAPS and not noise - {"reply"} and not said & _AUTHOR:
        # A "reply-text" stands beside the comment that it answers as often as it is one.
        if core == ["e", "content"] or (about_comment and head in _BODY and not noise):
            return Role.BODY
        return Role.BODY_PERHAPS
    if noise:
        return Role.NOISE
    found = Role.NOTHING
    if said & _EDITED:
        return Role.EDITED | Role.HEADER
    if head in _DATE or (said & _DATE and head in _words("link text url a published")):
        found |= Role.DATE | Role.HEADER
    elif head in _AUTHOR or (said & _AUTHOR and head in _NAMING):
        sure = head in _words("fn name authorname username nickname commenter") or core[-2:] == ["author", "link"]
        found |= (Role.AUTHOR if sure else Role.AUTHOR_PERHAPS) | Role.HEADER
    elif core == ["p", "author"] or (head == "name" and said <= _NAMED):
        found |= Role.AUTHOR | Role.HEADER
    if head in _HEADER:
        found |= Role.HEADER
        if head in ("meta", "metadata", "info", "details", "footer", "submitted", "header", "data"):
            found |= Role.DATE_PERHAPS
        if head in ("vcard", "header", "meta", "footer", "submitted"):
            found |= Role.AUTHOR_PERHAPS
    return found

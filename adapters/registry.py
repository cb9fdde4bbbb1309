"""Every saved format, in the order in which a file is tried against them, and every live platform."""

from functools import cache
from importlib.metadata import entry_points
from typing import cast

from adapters.base import PlatformModule
from adapters.errors import Unsupported
from adapters.platforms import blogger as blogger_live
from adapters.platforms import coral, disqus, ghost, github, hyvor, lemmy, mastodon, waline, wordpress
from adapters.platforms import discourse as discourse_live
from adapters.platforms import feed as comment_feed
from adapters.platforms import hackernews as hackernews_live
from adapters.platforms import isso as isso_server
from adapters.platforms import reddit as reddit_live
from adapters.platforms import remark42 as remark42_live
from adapters.saved import (
    blogger,
    commento,
    discourse,
    disqus_xml,
    feed,
    hackernews,
    html_page,
    isso,
    movabletype,
    native,
    plain_text,
    reddit,
    remark42,
    wxr,
)
from adapters.saved.reader import Reader

# From the most certain sign to the least: a format that names itself before one that is guessed from its keys,
# and the formats of last resort (any page, any text) at the end.
READERS: tuple[Reader, ...] = (
    reddit,
    discourse,
    hackernews,
    isso,
    commento,  # its "comments" look like the native ones
    remark42,
    native,
    wxr,
    disqus_xml,
    blogger,
    feed,  # any feed at all: the exports above are feeds too
    movabletype,
    html_page,
    plain_text,
)


def saved_readers() -> tuple[Reader, ...]:
    """Return the readers, those of third parties (entry point group `quotewarden.adapters`) first."""
    return (*(cast(Reader, point.load()) for point in entry_points(group="quotewarden.adapters")), *READERS)


# In the order in which the documentation lists them.
PLATFORMS: tuple[PlatformModule, ...] = (
    wordpress,
    isso_server,
    waline,
    ghost,
    comment_feed,
    reddit_live,
    discourse_live,
    mastodon,
    lemmy,
    hackernews_live,
    disqus,
    remark42_live,
    blogger_live,
    github,
    coral,
    hyvor,
)


@cache
def platforms() -> tuple[PlatformModule, ...]:
    """Return the platforms, those of third parties (entry point group `quotewarden.platforms`) last."""
    others = entry_points(group="quotewarden.platforms")
    return (*PLATFORMS, *(cast(PlatformModule, point.load()) for point in others))


def find_platform(name: str) -> PlatformModule:
    """Return the platform of that name; raises Unsupported."""
    every = platforms()
    found = next((platform for platform in every if platform.NAME == name), None)
    if found is None:
        raise Unsupported(f"unknown platform {name!r}; there are {', '.join(one.NAME for one in every)}")
    return found

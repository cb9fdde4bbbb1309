"""Other ways than mail: Slack, Discord, Matrix, Telegram, webhooks and whatever else apprise knows, in a short form."""

import json
import logging
import os
from typing import Any

from adapters.errors import SecretError
from adapters.secrets import Secret
from bot.digest.content import Digest
from bot.digest.smtp import SendError
from bot.digest.words import count, heading, rule_name
from bot.report.comparison import cut
from bot.report.direction import isolated

# The least that a channel takes: Discord's 2,000 characters.
_LONGEST = 1800
_MOST_LINES = 8


def short(digest: Digest) -> str:
    """Return a digest in a few lines, as JSON with `title` and `body`."""
    lines = []
    if digest.trouble:
        lines.append(f"The site could not be polled: {cut(digest.trouble[0], 200)}")
    shown = digest.items[:_MOST_LINES]
    for item in shown:
        claim = item.claims[0]
        lines.append(f"- {isolated(item.author)} in {isolated(item.title)}: {rule_name(claim.rule).lower()},")
        lines.append(f"  {claim.confidence:.0%} sure. {isolated(cut(claim.why, 160), ours=True)}")
        if item.url:
            lines.append(f"  {item.url}")
    if left := digest.findings - sum(len(item.claims) for item in shown):
        lines.append(f"and {count(left, 'more finding')}")
    if digest.unjudged:
        lines.append(f"{sum(digest.unjudged.values()):,} not evaluated")
    end = f"\n{digest.queue_url}" if digest.queue_url else ""
    body = cut("\n".join(lines) or "Nothing to look at.", _LONGEST - len(end)) + end
    return json.dumps({"title": f"{digest.site}: {heading(digest)}", "body": body}, ensure_ascii=False)


def notify(channel: Secret, content: str) -> None:
    """Send a short form to a channel, whose address is a secret; raises SendError."""
    target = opened(channel)
    said = json.loads(content)
    # As text: what a comment says must not become markup, mention or command there.
    if not target.notify(title=disarmed(said["title"]), body=disarmed(said["body"]), body_format="text"):
        raise SendError("the channel did not take the message")


def opened(channel: Secret) -> Any:
    """Return what sends to a channel, without sending anything; raises SendError."""
    try:
        import apprise
    except ImportError as error:
        raise SendError("channels need a package more: pip install 'quotewarden[channels]'") from error
    # It logs addresses, and those are secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    target = apprise.Apprise()
    try:
        is_known = target.add(channel.reveal(os.environ))
    except SecretError as error:
        raise SendError(str(error)) from error
    if not is_known:
        raise SendError("the channel's address is none that apprise knows")
    return target


def disarmed(text: str) -> str:
    """Return a text in which nobody is called: @everyone and <!channel> call a whole room."""
    return text.replace("@", "@\N{WORD JOINER}").replace("<!", "<\N{WORD JOINER}!")

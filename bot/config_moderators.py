"""The moderators' side of the configuration: who they are, how mail goes out, and where the review page is."""

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from adapters.secrets import Secret
from rules.finding import Severity

_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]{1,64}@[0-9A-Za-z](?:[0-9A-Za-z.-]{0,250}[0-9A-Za-z])?")
_SENDER = re.compile(rf"(?:[^<>\"\\,;:@\x00-\x1f\x7f]{{1,100}} )?<({_ADDRESS.pattern})>|({_ADDRESS.pattern})")


def _check_address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("an address such as ada@mail.example is wanted")
    return value


def _check_sender(value: str) -> str:
    if not _SENDER.fullmatch(value):
        raise ValueError("an address is wanted, or a name with one: Quotewarden <quotewarden@mail.example>")
    return value


def _check_reply(value: str) -> str:
    if re.search(r"[{}]", re.sub(r"\{(author|comment|link)\}", "", value)):
        raise ValueError("in { } there can be author, comment or link, and nothing else")
    return value


def _check_schedule(value: str) -> str:
    from apscheduler.triggers.cron import CronTrigger

    try:
        CronTrigger.from_crontab(value, timezone="UTC")
    except ValueError as error:
        raise ValueError(f"five fields of cron are wanted, as 0 7 * * *: {error}") from None
    return value


def _check_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError("a time zone such as Europe/Berlin is wanted") from None
    return value


Address = Annotated[str, AfterValidator(_check_address)]
Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]


class WebOptions(BaseModel):
    """Hold where the review page is, and where links in mails lead."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(
        None,
        pattern=r"^https?://[^/@\s?#]+(/[^@\s?#]*)?$",
        description="the review page's public address, to which links in mails lead; without it mails have none",
    )
    host: str = Field("127.0.0.1", min_length=1, max_length=255, description="the address that the review page is at")
    port: int = Field(9481, ge=0, le=65_535, description="the port of the review page; 0 for none beside the daemon")


class MailOptions(BaseModel):
    """Hold how mail goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    server: str | None = Field(
        None, pattern=r"^[^\s/@]{1,255}$", description="the mail server's name; without it no mail goes out"
    )
    port: int = Field(587, ge=1, le=65_535, description="the mail server's port: 587 for starttls, 465 for tls")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the way to the server is made secret: starttls, tls, or none"
    )
    user: str | None = Field(None, description="the name to log in with; without it there is no login")
    password: Secret | None = Field(None, description='the login\'s password: { env = "MAIL_PASSWORD" }, say')
    sender: Annotated[str, AfterValidator(_check_sender)] | None = Field(
        None, description="whom mails are from: an address, or a name with one: Quotewarden <quotewarden@mail.example>"
    )


class ModeratorOptions(BaseModel):
    """Hold a moderator: what he is told of, how and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    address: Address | None = Field(None, description="where mail for this moderator goes")
    channels: tuple[Secret, ...] = Field(
        (), description="places of further channels' addresses, in apprise's form; see docs/digest.md"
    )
    sites: tuple[str, ...] = Field(("*",), description="the sites that this moderator looks after; * is every one")
    rules: tuple[str, ...] = Field((), description="the rules that this moderator is told of; none is all of them")
    severity: Severity = Field("info", description="the least severity to be told of: info, warning or serious")
    schedule: Annotated[str, AfterValidator(_check_schedule)] = Field(
        "0 7 * * *", description="when the digest is sent, in the five fields of cron"
    )
    timezone: Annotated[str, AfterValidator(_check_timezone)] = Field(
        "UTC", description="the time zone of schedule and quiet hours"
    )
    only_if_any: bool = Field(True, description="false sends a digest that says that there is nothing, too")
    quiet_hours: str | None = Field(
        None,
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description="hours in which nothing is sent, as 22:00-07:00",
    )
    alert_severity: Severity | None = Field(None, description="findings of this severity or above are told at once")
    alerts_per_hour: int = Field(
        4, ge=1, le=60, description="the most alerts an hour; what is over waits and is grouped"
    )

    def looks_after(self, site: str) -> bool:
        """Tell whether a site is this moderator's."""
        return "*" in self.sites or site in self.sites


class OnConfirm(BaseModel):
    """Hold what is done at the site when a moderator confirms a finding."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Literal["hold", "reply"] = Field(description="hold the comment, or reply to it")
    rules: tuple[str, ...] = Field(
        ("unattributed-quote", "misattributed-quote", "pasted-text"), description="the rules whose findings it is for"
    )
    text: Annotated[str, AfterValidator(_check_reply)] = Field(
        "These words seem to be {author}'s, comment {comment}.",
        min_length=1,
        max_length=2000,
        description="the reply, with {author}, {comment} and {link} of the source; without them nothing is sent",
    )
    per_day: int = Field(20, ge=1, le=1000, description="the most that is done at the site in a day; the rest waits")


class DecisionOptions(BaseModel):
    """Hold what a site's decisions lead to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wanted_precision: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default={}, description="of each rule named, the share of findings to be right; what is less sure is not told"
    )
    on_confirm: OnConfirm | None = Field(
        None, description="a table: what is done at the site when a finding is confirmed; see docs/decisions.md"
    )

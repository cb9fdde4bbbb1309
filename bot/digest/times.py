"""When a moderator's digest is due, and when he is to be left in peace."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.config_moderators import ModeratorOptions
from bot.daemon.times import cron


def next_due(moderator: ModeratorOptions, *, after: datetime) -> datetime | None:
    """Return the first time of the schedule after another time; None where none ever comes, as on 31 February.

    An hour that comes twice, when clocks are put back, counts once, but for schedules of every hour; one that is left
    out, when they are put forward, is made up for an hour later.
    """
    trigger, zone = cron(moderator.schedule, moderator.timezone), ZoneInfo(moderator.timezone)
    is_hourly = moderator.schedule.split()[1].startswith("*")
    while True:
        # In UTC: to add to a time of day that comes twice leads nowhere.
        later = after.astimezone(UTC) + timedelta(microseconds=1)
        due: datetime | None = trigger.get_next_fire_time(None, later.astimezone(zone))
        if due is None or is_hourly or not due.fold:
            return due
        after = due


def is_quiet(moderator: ModeratorOptions, *, now: datetime) -> bool:
    """Tell whether nothing may be sent: by the clock on the moderator's wall, put forward or back as it may be."""
    if moderator.quiet_hours is None:
        return False
    begin, end = (time.fromisoformat(part) for part in moderator.quiet_hours.split("-"))
    at = now.astimezone(ZoneInfo(moderator.timezone)).time()
    return begin <= at < end if begin <= end else at >= begin or at < end

"""The schedule: each site at its time, and none delayed by another that is sick."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from bot.config import Config, DaemonOptions
from bot.daemon.circuit import LONGEST_RETRY_AFTER, Circuit
from bot.daemon.metrics import Metrics
from bot.daemon.polls import Poll, PollError, PollOutcome, TimedAction, WatchedSite, Work
from bot.daemon.schedule import Schedule
from bot.daemon.times import Waits, cron

PATIENCE = 60.0


def work(poll: Poll, *sites: WatchedSite, timed: tuple[TimedAction, ...] = (), **options: float) -> Work:
    return Work(config=Config(daemon=DaemonOptions(**options)), sites=sites, poll=poll, timed=timed)


@contextmanager
def running(schedule: Schedule) -> Iterator[Schedule]:
    schedule.start()
    try:
        yield schedule
    finally:
        schedule.stop()
        schedule.wait_idle(PATIENCE)


def eventually(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came about"
        time.sleep(0.005)


class JumpyClock:
    """Tell the machine's time, with a time of day that the test moves."""

    ahead = 0.0
    later = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.later

    def wall(self) -> float:
        return time.time() + self.ahead


class Polls:
    """Count polls; sites whose name says so fail, or hang until they are let go, `longest` seconds at most."""

    def __init__(self, *, longest: float = PATIENCE) -> None:
        self._longest = longest
        self.counts: Counter[str] = Counter()
        self.at_once: Counter[str] = Counter()
        self.most_at_once = 0
        self.let_go = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
        with self._lock:
            self.counts[site.name] += 1
            self.at_once[site.name] += 1
            assert self.at_once[site.name] == 1
            self.most_at_once = max(self.most_at_once, self.at_once.total())
        try:
            if site.name.startswith("hangs"):
                self.let_go.wait(self._longest)
            if site.name.startswith("fails"):
                raise PollError("the server is out to lunch", retry_after=3600)
            return PollOutcome(comments=2, findings=1)
        finally:
            with self._lock:
                self.at_once[site.name] -= 1


def test_failures_double_the_wait_up_to_the_longest() -> None:
    options = DaemonOptions(backoff_seconds=10, max_backoff_seconds=60, circuit_failures=5)
    circuit = Circuit(random=lambda: 0.0)
    assert [circuit.fail(options) for _ in range(4)] == [10, 20, 40, 60]
    assert not circuit.is_open
    assert circuit.fail(options) == 60
    assert circuit.is_open
    assert [circuit.fail(options) for _ in range(5000)][-1] == 60
    circuit.succeed()
    assert (circuit.failures, circuit.is_open, circuit.fail(options)) == (0, False, 10)


def test_jitter_takes_up_to_half_of_a_wait_but_nothing_of_what_the_site_asked_for() -> None:
    options = DaemonOptions(backoff_seconds=10)
    assert Circuit(random=lambda: 1.0).fail(options) == 5
    assert Circuit(random=lambda: 1.0).fail(options, retry_after=120) == 120
    assert Circuit(random=lambda: 0.0).fail(options, retry_after=2) == 10
    assert Circuit(random=lambda: 0.0).fail(options, retry_after=1e9) == LONGEST_RETRY_AFTER


def test_a_failure_that_will_not_pass_opens_the_circuit_at_once() -> None:
    circuit = Circuit(random=lambda: 0.0)
    assert circuit.fail(DaemonOptions(max_backoff_seconds=700), passes=False) == 700
    assert circuit.is_open


def test_missed_polls_are_made_up_for_by_one() -> None:
    told: list[datetime] = []
    waits = Waits(lambda: 60, told.append)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert waits.get_next_fire_time(noon, noon.replace(second=1)) == noon.replace(minute=1)
    assert waits.get_next_fire_time(noon, noon.replace(hour=15)) == noon.replace(hour=15, minute=1)
    assert waits.get_next_fire_time(noon.replace(hour=15), noon) == noon.replace(minute=1)
    assert told[-1] == noon.replace(minute=1)


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("30 7 * * *", "2026-03-28T07:30:00+01:00"),
        ("30 7 * * 0", "2026-03-29T07:30:00+02:00"),
        ("30 7 * * 7", "2026-03-29T07:30:00+02:00"),
        ("30 7 * * 1-5", "2026-03-30T07:30:00+02:00"),
        ("30 7 * * 1,3", "2026-03-30T07:30:00+02:00"),
        ("30 7 * * mon", "2026-03-30T07:30:00+02:00"),
    ],
)
def test_times_of_day_are_read_as_cron_reads_them(expression: str, first: str) -> None:
    saturday = datetime(2026, 3, 28, 4, tzinfo=UTC)
    assert cron(expression, "Europe/Berlin").get_next_fire_time(None, saturday).isoformat() == first


@pytest.mark.parametrize(
    ("expression", "zone"), [("* * *", "UTC"), ("61 * * * *", "UTC"), ("0 7 * * 5-1", "UTC"), ("0 7 * * *", "Mars/X")]
)
def test_a_wrong_time_of_day_is_refused(expression: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        cron(expression, zone)


def test_a_site_is_polled_again_and_again_and_counted() -> None:
    polls, metrics = Polls(), Metrics()
    with running(Schedule(work(polls, WatchedSite(name="a", interval=0.05)), metrics=metrics)) as schedule:
        eventually(lambda: polls.counts["a"] >= 4)
        assert schedule.is_alive()
    counted = metrics.registry.get_sample_value
    assert counted("quotewarden_comments_total", {"site": "a"}) == 2 * polls.counts["a"]
    assert counted("quotewarden_findings_total", {"site": "a"}) == polls.counts["a"]
    assert counted("quotewarden_poll_failures_total", {"site": "a"}) == 0


def test_jitter_moves_a_poll_both_ways_but_never_onto_the_one_before() -> None:
    moments: list[float] = []

    def poll(site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
        moments.append(time.monotonic())
        return PollOutcome()

    # Half of it is left between polls: long beside what a busy machine may hold one of them up.
    sites = WatchedSite(name="a", interval=2.0)
    with running(Schedule(work(poll, sites, jitter_seconds=60), metrics=Metrics(), random=lambda: 0.0)):
        eventually(lambda: len(moments) >= 3)
    assert min(later - sooner for sooner, later in pairwise(moments)) > 0.05


def test_a_site_that_fails_or_hangs_delays_none_of_a_thousand() -> None:
    polls, metrics = Polls(), Metrics()
    names = ["fails", "hangs", *(f"site-{number}" for number in range(998))]
    sites = [WatchedSite(name=name, interval=0.6) for name in names]
    with running(Schedule(work(polls, *sites, workers=8), metrics=metrics)):
        eventually(lambda: sum(polls.counts[name] >= 2 for name in names[2:]) == 998)
        assert polls.counts["fails"] == 1
        assert polls.counts["hangs"] == 1
        assert polls.most_at_once <= 8
        polls.let_go.set()
    assert len(list(next(iter(metrics.lag.collect())).samples)) == 1000
    assert metrics.registry.get_sample_value("quotewarden_poll_failures_total", {"site": "fails"}) == 1


def test_a_slow_site_moves_to_the_lane_of_the_sick_and_back() -> None:
    polls = Polls(longest=0.5)
    sites = [WatchedSite(name=f"hangs-{number}", interval=0.02) for number in range(3)]
    schedule = Schedule(work(polls, *sites, workers=4), metrics=Metrics(), slow_seconds=0.1)
    with running(schedule):
        eventually(lambda: len(schedule.running()) == 3)
        time.sleep(0.12)
        polls.let_go.set()
        eventually(lambda: polls.counts.total() > 3)
        polls.let_go.clear()
        # Only one of three slow sites runs at a time now; then all three are quick, and well.
        eventually(lambda: len(schedule.running()) == 1)
        polls.let_go.set()
        eventually(lambda: all(polls.counts[site.name] > 6 for site in sites))


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
def test_a_jump_of_the_time_of_day_changes_no_wait(jump: float) -> None:
    polls, clock = Polls(), JumpyClock()
    schedule = Schedule(work(polls, WatchedSite(name="b", interval=3600)), metrics=Metrics(), clock=clock)
    with running(schedule):
        eventually(lambda: polls.counts["b"] == 1)
        due = {job.id: job.next_run_time.timestamp() for job in schedule._scheduler.get_jobs()}
        clock.ahead = jump
        schedule.keep_time()
        moved = {job.id: job.next_run_time.timestamp() for job in schedule._scheduler.get_jobs()}
    assert moved["site:b"] - due["site:b"] == pytest.approx(jump, abs=0.01)


def test_a_scheduler_that_no_longer_beats_is_dead() -> None:
    clock = JumpyClock()
    schedule = Schedule(work(Polls()), metrics=Metrics(), clock=clock)
    assert schedule.is_alive()
    clock.later = 31.0
    assert not schedule.is_alive()
    with running(schedule):
        eventually(schedule.is_alive)


@pytest.mark.parametrize("retry_after", [7200, 7200.0])
def test_what_any_error_says_of_the_wait_is_heeded(retry_after: float) -> None:
    class TooManyError(Exception):
        passes = False

        def __init__(self) -> None:
            self.retry_after = retry_after

    def poll(site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
        raise TooManyError

    metrics = Metrics()
    schedule = Schedule(work(poll, WatchedSite(name="a", interval=0.1)), metrics=metrics)
    with running(schedule):
        eventually(lambda: metrics.registry.get_sample_value("quotewarden_circuit_open", {"site": "a"}) == 1)
        eventually(lambda: schedule._entries["a"].due - time.monotonic() > 7100)
        job = schedule._scheduler.get_job("site:a")
        assert (job.next_run_time - datetime.now(UTC)).total_seconds() == pytest.approx(7200, abs=30)
        assert job.executor == "sick"


def test_work_that_is_due_at_a_time_of_day_is_done_and_may_fail() -> None:
    done = threading.Event()

    def act() -> None:
        done.set()
        raise OSError("no mail today")

    action = TimedAction(name="digest", cron="* * * * *", act=act)
    schedule = Schedule(work(Polls(), timed=(action,)), metrics=Metrics())
    with running(schedule):
        job = schedule._scheduler.get_job("timed:digest")
        job.modify(next_run_time=datetime.now(UTC))
        assert done.wait(PATIENCE)


def test_other_work_takes_the_place_of_the_old_and_failures_stay(mocker) -> None:
    mocker.patch("bot.daemon.schedule._STEP_SECONDS", 0.01)
    polls, metrics = Polls(), Metrics()
    old = [WatchedSite(name=name, interval=0.1 if name == "fails" else 9) for name in ("fails", "goes", "stays")]
    with running(Schedule(work(polls, *old), metrics=metrics)) as schedule:
        eventually(lambda: set(polls.counts) == {"stays", "goes", "fails"})
        new = [WatchedSite(name=name, interval=0.05) for name in ("stays", "comes", "fails")]
        schedule.change(work(polls, *new, workers=3, jitter_seconds=0))
        eventually(lambda: polls.counts["stays"] > 3 and polls.counts["comes"] > 3)
        assert polls.counts["goes"] == 1
        assert polls.counts["fails"] == 1
        eventually(lambda: metrics.registry.get_sample_value("quotewarden_sites") == 3)
        assert metrics.registry.get_sample_value("quotewarden_polls_total", {"site": "goes"}) is None
        schedule.change(work(polls, *new, workers=8))


def test_a_stop_waits_for_the_page_in_hand_and_begins_no_other() -> None:
    begun, ended = threading.Event(), threading.Event()

    def poll(site: WatchedSite, /, *, stopping: Callable[[], bool]) -> PollOutcome:
        begun.set()
        eventually(stopping)
        ended.set()
        return PollOutcome()

    schedule = Schedule(work(poll, WatchedSite(name="a"), WatchedSite(name="b")), metrics=Metrics())
    schedule.start()
    assert begun.wait(PATIENCE)
    assert schedule.running() == ["a"]
    schedule.stop()
    assert schedule.wait_idle(PATIENCE)
    assert ended.is_set()


def test_a_stop_does_not_wait_longer_than_it_may() -> None:
    polls = Polls()
    schedule = Schedule(work(polls, WatchedSite(name="hangs")), metrics=Metrics())
    schedule.start()
    eventually(lambda: schedule.running() == ["hangs"])
    schedule.stop()
    assert not schedule.wait_idle(0.05)
    polls.let_go.set()
    assert schedule.wait_idle(PATIENCE)

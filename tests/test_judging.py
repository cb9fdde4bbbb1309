"""Judging in processes of their own: the same verdicts, whatever happens to a process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from adapters.thread import Thread
from bot.config import Config, check_config
from bot.judging import EVERY_RULE, Case, Judge, JudgeProcesses, Open
from tests.stored import BRIDGE, CONFIG, CREDITED, FIRST, LINK, PILOT, QUOTED, comment

PROGRAM = """
import sys, time
from tests.test_judging import CONFIG, JudgeProcesses, case
judges = JudgeProcesses(CONFIG, processes=2)
judges.judge([case(id=str(number)) for number in range(8)])
print(*(worker._process.pid for worker in judges._workers), flush=True)
time.sleep(60)
"""


def case(*comments: object, first: int = 0, id: str = "bridge", **rest: object) -> Case:
    comments = comments or (FIRST, PILOT, LINK, QUOTED)
    thread = Thread(site="s", id=id, title=BRIDGE.title, url=None, post=BRIDGE, comments=comments)
    return Case(thread=thread, first=first, **({"open": {}, "edited": frozenset()} | rest))


def said(judgement: object) -> list[tuple[str, str]]:
    return [(one.comment_id, finding.rule) for one in judgement.judged for finding in one.findings]


@pytest.fixture
def processes() -> Iterator[JudgeProcesses]:
    judges = JudgeProcesses(CONFIG, processes=2)
    yield judges
    judges.close()


def test_processes_say_what_is_said_here(processes: JudgeProcesses) -> None:
    cases = [case(id=str(number)) for number in range(5)]
    here = Judge(CONFIG).judge(cases)
    assert processes.judge(cases) == here
    assert said(here[0]) == [("4", "link-only"), ("5", "unattributed-quote")]


def test_a_process_that_was_killed_is_made_anew(processes: JudgeProcesses) -> None:
    [before] = processes.judge([case()])
    for worker in processes._workers:
        if worker._process is not None:
            os.kill(worker._process.pid, signal.SIGKILL)
    assert processes.judge([case()]) == [before]


def die(link: Connection, config: Config) -> None:
    link.recv()
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_kills_every_process_is_told_as_not_evaluated() -> None:
    judges = JudgeProcesses(CONFIG, processes=1, serve=die)
    [judgement] = judges.judge([case(first=2)])
    judges.close()
    told = [(one.comment_id, record.rule, record.reason) for one in judgement.judged for record in one.not_evaluated]
    reason = "ChildProcessError: the process that judged it died"
    assert told == [("4", EVERY_RULE, reason), ("5", EVERY_RULE, reason)]


def test_the_time_limit_of_rules_holds_in_a_process_while_threads_run_here() -> None:
    config = check_config({"check": {"rule_seconds": 0.001}}, name="the test's")
    judges = JudgeProcesses(config, processes=1)
    long = comment("9", " ".join(f"word{number} “and a few words in marks {number}”" for number in range(20_000)))
    [judgement] = judges.judge([case(FIRST, long)])
    judges.close()
    assert {record.reason for record in judgement.judged[1].not_evaluated} == {"ran longer than 0.001 s"}


def test_a_thread_is_given_up_once_its_comments_together_took_too_long() -> None:
    ticks = iter(range(0, 1000, 25))
    [judgement] = Judge(CONFIG, monotonic=lambda: float(next(ticks))).judge([case()])
    assert [bool(one.not_evaluated) for one in judgement.judged] == [False, False, False, True]
    assert judgement.judged[3].not_evaluated[0].reason == "TimeoutError: the rules took over 60 s for its thread"


def test_a_thread_that_grew_is_judged_like_a_new_one_and_an_edited_one_too() -> None:
    judge = Judge(CONFIG)
    judge.judge([case(FIRST, PILOT)])
    grown = case(FIRST, PILOT, QUOTED, first=2)
    assert judge.judge([grown]) == Judge(CONFIG).judge([grown])
    edited = case(replace(FIRST, body="Nothing at all."), PILOT, QUOTED)
    assert judge.judge([edited]) == Judge(CONFIG).judge([edited])
    sources = [judge.judge([one])[0].judged[-1].findings[0].source for one in (grown, edited)]
    assert [source.id if source else None for source in sources] == ["1", None]


def test_it_is_told_why_a_finding_is_gone() -> None:
    open = [Open(7, "key", "unattributed-quote", QUOTED.body.partition("“")[2].partition("”")[0])]
    for words, edited, why in ((CREDITED, True, "credited"), (replace(QUOTED, body="No."), True, "removed")):
        asked = case(FIRST, PILOT, words, open={"5": open}, edited=frozenset({"5"} if edited else ()))
        [judgement] = Judge(CONFIG).judge([asked])
        assert judgement.gone == {7: why}
    [judgement] = Judge(CONFIG).judge([case(PILOT, QUOTED, open={"5": [replace(open[0], rule="link-only")]})])
    assert judgement.gone == {7: "changed"}


def test_processes_end_with_the_one_that_asks_however_it_ends() -> None:
    root = Path(__file__).parent.parent
    asking = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=root, stdout=subprocess.PIPE, text=True)
    assert asking.stdout is not None
    with asking.stdout:
        pids = [int(pid) for pid in asking.stdout.readline().split()]
        asking.kill()
        asking.wait(60)
    assert len(pids) == 2
    until = time.monotonic() + 60
    while any(_runs(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert [pid for pid in pids if _runs(pid)] == []


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

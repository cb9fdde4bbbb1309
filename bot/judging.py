"""Threads judged by the rules: in this process, or in processes of their own that a bad rule may kill."""

import multiprocessing
import signal
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Literal, Protocol

from adapters.thread import Thread
from bot.config import Config
from bot.elsewhere import Asked, open_outside, wants_sentences
from bot.limits import time_limit
from rules.elsewhere import Elsewhere
from rules.engine import Engine
from rules.finding import Finding, NotEvaluated
from rules.registry import all_rules
from rules.rule import Context, Rule

EVERY_RULE = "*"
# `credited`: the words stand and say now whose they are; `removed`: the comment was edited and they are gone;
# `changed`: anything else, as another context or other options.
Gone = Literal["credited", "removed", "changed"]

# Threads whose analysis is kept for the comments to come, and how many entries they may have together.
_KEPT_THREADS = 256
_KEPT_ENTRIES = 4_000
# However slow the rules are on each of its comments, a thread holds its site up no longer than that.
_THREAD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Open:
    """Name a finding that is open, with the words that it is about."""

    number: int
    key: str
    rule: str
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Be a thread to be judged from its comment of index `first` on.

    `open` are the open findings by comment id, `edited` the ids of comments whose words were changed.
    """

    thread: Thread
    first: int
    open: Mapping[str, Sequence[Open]]
    edited: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold what the rules said of one comment."""

    comment_id: str
    findings: Sequence[Finding]
    quiet: Sequence[Finding]
    not_evaluated: Sequence[NotEvaluated]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold what the rules said of a case, comment by comment, and why open findings were not made again, by number."""

    judged: Sequence[Judged]
    gone: Mapping[int, Gone]


class Judges(Protocol):
    """Judge cases, those of one call side by side."""

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        """Return a judgement for each case; whatever a rule does, it is told as not evaluated."""

    def close(self) -> None:
        """Let go of whatever judges."""


class Judge:
    """Judge in this process, and keep the analysis of threads that grow."""

    def __init__(
        self,
        config: Config,
        *,
        rules: Sequence[Rule] | None = None,
        elsewhere: Callable[[Thread], Elsewhere] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._monotonic = config, monotonic
        self._rules = tuple(all_rules() if rules is None else rules)
        self._elsewhere = elsewhere or archived(config)
        self._contexts: OrderedDict[tuple[str | None, str], Context] = OrderedDict()

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        """Judge the cases, one after the other."""
        return [self._judge(case) for case in cases]

    def close(self) -> None:
        """Forget the threads."""
        self._contexts.clear()

    def _judge(self, case: Case) -> Judgement:
        comments = case.thread.comments[case.first :]
        judged: list[Judged] = []
        gone: dict[int, Gone] = {}
        context: Context | None = None
        until = self._monotonic() + _THREAD_SECONDS
        with time_limit(self._config.check.rule_seconds) as limit:
            engine = Engine(self._rules, self._config.rules, limit=limit)
            try:
                context = self._context(case)
                for said in engine.outcomes(context, first=case.first):
                    judged.append(Judged(said.comment.id, said.findings, said.quiet, said.not_evaluated))
                    if self._monotonic() > until:
                        raise TimeoutError(f"the rules took over {_THREAD_SECONDS:g} s for its thread")
            except Exception as error:  # noqa: BLE001  # a thread that cannot be judged must not hold up its site
                judged += unjudged([comment.id for comment in comments[len(judged) :]], error)
            for one in judged:
                for finding in _left_out(case.open.get(one.comment_id, ()), one):
                    is_edited = one.comment_id in case.edited
                    gone[finding.number] = (
                        _why_gone(context, one.comment_id, finding, limit) if is_edited else "changed"
                    )
        return Judgement(judged, gone)

    def _context(self, case: Case) -> Context:
        """Return the thread's context; what was analysed before stays, where the thread has only grown since."""
        key = (case.thread.site, case.thread.id)
        context = self._contexts.pop(key, None)
        if context is not None and _has_grown(context.view.thread, case):
            context.grow(case.thread)
        else:
            context = Context(case.thread, self._elsewhere(case.thread))
        self._contexts[key] = context
        held = sum(len(kept.view.entries) for kept in self._contexts.values())
        while len(self._contexts) > 1 and (len(self._contexts) > _KEPT_THREADS or held > _KEPT_ENTRIES):
            _, forgotten = self._contexts.popitem(last=False)
            held -= len(forgotten.view.entries)
        return context


def unjudged(ids: Sequence[str], problem: Exception) -> Iterator[Judged]:
    """Yield for each comment that no rule gave a verdict on it, and why."""
    reason = f"{type(problem).__name__}: {problem}"
    for id in ids:
        yield Judged(id, [], [], [NotEvaluated(rule=EVERY_RULE, comment_id=id, reason=reason)])


def _has_grown(known: Thread, case: Case) -> bool:
    before = known.comments
    return (
        len(before) <= case.first
        and (known.title, known.url, known.post) == (case.thread.title, case.thread.url, case.thread.post)
        and list(before) == list(case.thread.comments[: len(before)])
    )


def archived(config: Config) -> Callable[[Thread], Elsewhere]:
    """Return what gives, for a thread, what the configuration's archive knows."""
    asked = Asked(config.archive.path, sentences=wants_sentences(config))
    return lambda thread: open_outside(asked, thread).elsewhere


def _left_out(open: Sequence[Open], one: Judged) -> Iterator[Open]:
    """Yield the open findings of a comment that its rules looked for again and did not make."""
    silent = {record.rule for record in one.not_evaluated}
    said = {finding.key for finding in (*one.findings, *one.quiet)}
    if EVERY_RULE not in silent:
        yield from (finding for finding in open if finding.key not in said and finding.rule not in silent)


def _why_gone(
    context: Context | None, id: str, finding: Open, limit: Callable[[], AbstractContextManager[object]]
) -> Gone:
    entry = context.view.comment(id) if context else None
    if context is None or entry is None:
        return "changed"
    try:
        with limit():
            at = entry.document.text.find(finding.excerpt)
            passages = context.passages(entry)
    except Exception:  # noqa: BLE001  # the rules have told of it
        return "changed"
    if at == -1:
        return "removed"
    end = at + len(finding.excerpt)
    is_credited = any(one.start < end and at < one.end and one.verdict == "attributed" for one in passages)
    return "credited" if is_credited else "changed"


class JudgeProcesses:
    """Judge in processes of their own, each thread always in the same one, which keeps its analysis.

    There a rule's time limit holds, since rules run in a main thread. A process that dies is made anew and tries once
    more; what kills it twice is told as not evaluated. The processes end with this one, however it ends.
    """

    def __init__(
        self, config: Config, *, processes: int, serve: Callable[[Connection, Config], None] | None = None
    ) -> None:
        self._workers = [_Worker(config, serve or serve_cases) for _ in range(processes)]
        self._side_by_side = ThreadPoolExecutor(processes, thread_name_prefix="judge")

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        """Judge the cases, side by side."""
        return list(self._side_by_side.map(self._ask, cases)) if len(cases) > 1 else [self._ask(case) for case in cases]

    def close(self) -> None:
        """End the processes; who still waits for one gets no verdict."""
        self._side_by_side.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()

    def _ask(self, case: Case) -> Judgement:
        name = f"{case.thread.site}\0{case.thread.id}".encode("utf-8", "replace")
        return self._workers[zlib.crc32(name) % len(self._workers)].ask(case)


class _Worker:
    def __init__(self, config: Config, serve: Callable[[Connection, Config], None]) -> None:
        self._config, self._serve = config, serve
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._is_closed = False

    def ask(self, case: Case) -> Judgement:
        with self._lock:
            for _ in range(2):
                if self._is_closed:
                    break
                with suppress(EOFError, OSError):
                    link = self._link()
                    link.send(case)
                    return _received(link)
                self._end()
        died = ChildProcessError("the process that judged it died")
        return Judgement(list(unjudged([comment.id for comment in case.thread.comments[case.first :]], died)), {})

    def close(self) -> None:
        self._is_closed = True
        self._end()

    def _link(self) -> Connection:
        if self._process is None:
            # Forked from a process without threads: a lock that one held at the fork would stay held for ever.
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([__name__])
            self._ours, theirs = context.Pipe()
            self._process = context.Process(target=self._serve, args=(theirs, self._config), name="judge", daemon=True)
            self._process.start()
            theirs.close()
        return self._ours

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._ours.close()
            self._process = None


def _received(link: Connection) -> Judgement:
    received = link.recv()
    assert isinstance(received, Judgement)  # noqa: S101  # the other end is our own
    return received


def serve_cases(link: Connection, config: Config) -> None:
    """Judge what comes through a link until it is closed."""
    # Whoever stops the daemon may signal all of its processes: this one ends when nobody asks any more.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    judge = Judge(config)
    with suppress(EOFError, OSError):
        while True:
            [judgement] = judge.judge([link.recv()])
            link.send(judgement)

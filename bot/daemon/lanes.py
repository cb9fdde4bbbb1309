"""The worker threads that polls run in."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from apscheduler.executors.base import BaseExecutor
from apscheduler.job import Job


class Lane(BaseExecutor):  # type: ignore[misc]  # APScheduler tells no types
    """Run a scheduler's jobs in a bounded number of threads, first come, first served.

    A job's function is called with the job's arguments and the time at which it was due. Unlike the executors that
    APScheduler brings, its threads never hold up the end of the process, what waits can be dropped, and a stop can
    wait for what runs until a deadline.
    """

    def __init__(self, name: str, size: int) -> None:
        super().__init__()
        self._name = name
        self._waiting: deque[tuple[Job, datetime]] = deque()
        self._changed = threading.Condition()
        self._size, self._threads, self._busy = size, 0, 0
        self._ended = False

    def start(self, scheduler: object, alias: str) -> None:
        """Start the threads."""
        super().start(scheduler, alias)
        self.resize(self._size)

    def resize(self, size: int) -> None:
        """Change the number of threads; one that is too many ends after the poll in hand."""
        with self._changed:
            self._size = size
            missing = range(self._threads, size)
            self._threads = max(self._threads, size)
            self._changed.notify_all()
        for number in missing:
            threading.Thread(target=self._work, name=f"{self._name}-{number}", daemon=True).start()

    def shutdown(self, wait: bool = True) -> None:
        """Drop what waits and take nothing more; what runs goes on."""
        with self._changed:
            self._ended = True
            self._waiting.clear()
            self._changed.notify_all()

    def wait_idle(self, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> bool:
        """Wait until nothing runs, but no longer than so; return whether nothing runs."""
        until = monotonic() + seconds
        with self._changed:
            while self._busy and (left := until - monotonic()) > 0:
                self._changed.wait(left)
            return not self._busy

    def _do_submit_job(self, job: Job, run_times: Sequence[datetime]) -> None:
        with self._changed:
            if not self._ended:
                self._waiting.append((job, run_times[-1]))
                self._changed.notify()

    def _work(self) -> None:
        while (next_job := self._next()) is not None:
            job, due = next_job
            try:
                job.func(*job.args, due)
            except BaseException as error:  # noqa: BLE001  # a thread that ends is one fewer for the other sites
                self._run_job_error(job.id, error, error.__traceback__)
            else:
                self._run_job_success(job.id, ())
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _next(self) -> tuple[Job, datetime] | None:
        with self._changed:
            while not self._ended and self._threads <= self._size and not self._waiting:
                self._changed.wait()
            if self._ended or self._threads > self._size:
                self._threads -= 1
                return None
            self._busy += 1
            return self._waiting.popleft()

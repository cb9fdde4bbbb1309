"""The errors that adapters raise."""


class AdapterError(Exception):
    """Be the root of every error that an adapter raises."""


class ReadError(AdapterError):
    """Say that a saved input cannot be read: what is wrong, where in it, and what to do."""

    def __init__(self, problem: str, *, place: str | None = None, mend: str | None = None) -> None:
        self.problem, self.place, self.mend = problem, place, mend
        super().__init__(": ".join(part for part in (place, problem) if part) + (f"; {mend}" if mend else ""))


class FetchError(AdapterError):
    """Say why a document on the web was not to be had; `passes` when it may be had some other time."""

    def __init__(self, problem: str, *, passes: bool = False) -> None:
        self.passes = passes
        super().__init__(problem)

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


class SecretError(AdapterError):
    """Say why a secret is not to be had; never what it is."""


class SiteError(AdapterError):
    """Say what went wrong with a live site.

    `retry_after` is what the site asked for, in seconds; `passes` is False when trying again soon is no use. `status`
    is that of the reply, if there was one, and `code` the site's own word for the problem.
    """

    passes = True

    def __init__(
        self,
        problem: str,
        *,
        retry_after: float | None = None,
        passes: bool | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        self.problem, self.retry_after, self.status, self.code = problem, retry_after, status, code
        if passes is not None:
            self.passes = passes
        super().__init__(problem)


class UnreachableError(SiteError):
    """Say that no request reached the site, or no reply came from it."""


class RateLimited(SiteError):  # noqa: N818  # it is no error of anybody's
    """Say that the site wants to be left alone for a time."""


class BadReply(SiteError):  # noqa: N818  # the reply is what is wrong
    """Say that a reply came which is not what it should be."""


class LoginError(SiteError):
    """Say that the site refuses the login, or its rights do not suffice."""

    passes = False


class RefusedError(SiteError):
    """Say that the site understood the request and refuses it."""

    passes = False


class NotFoundError(SiteError):
    """Say that the site has no such thing, or no longer."""

    passes = False


class Unsupported(SiteError):  # noqa: N818  # the platform's nature, not an error
    """Say that the platform cannot do what was asked; nothing was sent."""

    passes = False


class OutcomeUnknown(SiteError):  # noqa: N818  # whether there was an error is what is not known
    """Say that a request to change something may have been carried out, or not."""

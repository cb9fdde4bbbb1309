"""What a login is sent as: a name and a password, or a token that the site gives for them and that ends."""

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.errors import LoginError, RefusedError
from adapters.reply import Reply

if TYPE_CHECKING:
    from adapters.http import Http

# So long before its end a token is not used any more, for a request takes time.
_MARGIN = 60.0

# Returns a token and the seconds that it holds for, None where the site does not say.
Issue = Callable[[], tuple[str, float | None]]


class Bearer:
    """Send a token with every request (RFC 6750); `issue` asks the site for one, and raises SiteError."""

    def __init__(self, http: "Http", issue: Issue) -> None:
        self._http, self._issue = http, issue
        self._until: float | None = None
        self._has_token = False

    def signed(self, ask: Callable[[], Reply]) -> Reply:
        """Return what a request with a good token is answered; raises SiteError.

        One that is answered 401 was not carried out, whatever it was, and is sent once more with a new token.
        """
        now = self._http.clock.monotonic()
        if not self._has_token or (self._until is not None and now >= self._until):
            self.renew()
        try:
            return ask()
        except LoginError as error:
            if error.status != 401:
                raise
            self._has_token = False
            self.renew()
            return ask()

    def renew(self) -> None:
        """Ask for a token; raises LoginError where the site refuses the login."""
        self._http.headers.pop("Authorization", None)
        try:
            token, seconds = self._issue()
        except RefusedError as error:
            raise LoginError(error.problem, status=error.status, code=error.code) from None
        self._until = self._http.clock.monotonic() + max(seconds - _MARGIN, seconds / 2) if seconds else None
        self._has_token = True
        self._http.headers["Authorization"] = f"Bearer {token}"


def basic(user: str, password: str) -> str:
    """Return the header that sends a name and a password (HTTP Basic, RFC 7617)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()

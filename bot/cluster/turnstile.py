"""The turnstile before each host: all workers of the cluster together ask it no faster than they may."""

import time
from collections.abc import Callable

from adapters.errors import UnreachableError
from bot.store.database import Store
from bot.store.errors import StoreError
from bot.store.schedule import take_token


class HostTurnstile:
    """Let requests through at a rate that holds for each host, over all workers; see `take_token`."""

    def __init__(self, store: Store, *, rate: float, sleep: Callable[[float], object] = time.sleep) -> None:
        self._store, self._rate, self._sleep = store, rate, sleep

    def wait(self, host: str) -> None:
        """Wait until a request to the host may be made; raises UnreachableError where the store does not answer."""
        try:
            with self._store.write() as connection:
                seconds = take_token(connection, host, rate=self._rate)
        except StoreError as error:
            raise UnreachableError(f"{host} is not asked, since the store does not say when: {error}") from error
        if seconds > 0:
            self._sleep(seconds)

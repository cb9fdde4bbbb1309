"""What several test files share."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.store.database import Store, connect, open_store
from bot.store.upkeep import vacuum
from tests.postgres import HOW_TO_GET, binaries, cluster
from tests.servers import real_ghost, real_isso, real_waline, real_wordpress
from tests.servers.real import MissingError, RealServer

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture
def shared() -> Path:
    """The folder of real threads and pages beside the checkout; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("the shared data is not beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL cluster with `{database}` in it; tests that need it skip where it is not installed."""
    folder = binaries()
    if folder is None:
        pytest.skip(HOW_TO_GET)
    with cluster(folder) as running:
        with open_store(running.url.format(database="postgres")):
            pass
        yield running.url


@pytest.fixture(scope="session")
def wordpress_6_5() -> Iterator[real_wordpress.RealWordPress]:
    """A real WordPress 6.5; tests that need it skip where php or npm are not installed."""
    with real_wordpress.running("6.5", _got(real_wordpress.packages)) as running:
        yield running


@pytest.fixture(scope="session")
def wordpress_6_2() -> Iterator[real_wordpress.RealWordPress]:
    """A real WordPress 6.2, as above."""
    with real_wordpress.running("6.2", _got(real_wordpress.packages)) as running:
        yield running


@pytest.fixture(scope="session")
def isso() -> Iterator[RealServer]:
    """A real Isso, as above."""
    with real_isso.running(_got(real_isso.installed)) as running:
        yield running


@pytest.fixture(scope="session")
def waline() -> Iterator[RealServer]:
    """A real Waline, as above."""
    with real_waline.running(_got(real_waline.installed)) as running:
        yield running


@pytest.fixture(scope="session")
def ghost() -> Iterator[real_ghost.RealGhost]:
    """A real Ghost, as above, and only when asked: it takes a minute or so to start."""
    with real_ghost.running(_got(real_ghost.installed)) as running:
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store, to be copied."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    with open_store(f"sqlite:///{path}") as store:
        vacuum(store.engine)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return new_database(request.getfixturevalue("postgres"), "template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "store.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    return new_database(request.getfixturevalue("postgres"), "postgres")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, once in SQLite and once in PostgreSQL."""
    with open_store(store_url) as opened:
        yield opened


def _got(fetch: Callable[[], Path]) -> Path:
    try:
        return fetch()
    except MissingError as error:
        pytest.skip(str(error))


def new_database(url: str, template: str) -> str:
    """Make a database in a cluster, a copy of another one, and return its URL."""
    name = f"test_{secrets.token_hex(8)}"
    # From the database that is no template: a template must have no other visitor while it is copied.
    engine = connect(url.format(database="template1" if template == "postgres" else "postgres"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    engine.dispose()
    return url.format(database=name)

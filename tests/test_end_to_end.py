"""From end to end: a real WordPress, the daemon, a finding, a comment held over REST, and the moderator's answer."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.platforms import wordpress
from adapters.site import open_site
from bot.store.database import open_store
from bot.store.tables import comments
from tests import test_site_commands
from tests.servers.real_wordpress import PASSWORD, USER, RealWordPress
from tests.test_site_commands import LINE, Installed, eventually


def test_a_finding_is_held_approved_and_seen(
    wordpress_6_5: RealWordPress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blog = wordpress_6_5
    blog.reset()
    monkeypatch.setenv("PW", PASSWORD)
    # Two servers' processes and the commands' own take long where others work too.
    monkeypatch.setattr(test_site_commands, "PATIENCE", 120.0)
    installed = Installed(tmp_path, blog)
    installed.write(f'user = "{USER}"\npassword = {{ env = "PW" }}')
    blog.board.create(f"{LINE} That is the whole argument.", author="Hanne", at=blog.board.now - 60)
    blog.board.create("The pier was looked at.", author="Pilot", at=blog.board.now - 30)
    copied = blog.board.create(f"“{LINE}” Well. We lived through the strike.", author="Eve")

    def statuses() -> dict[str, str | None]:
        with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store, store.read() as connection:
            return {row.platform_id: row.status for row in connection.execute(select(comments))}

    daemon = installed.start("run")
    try:
        eventually(lambda: installed.findings() == ["unattributed-quote"])
        [record] = [json.loads(line) for line in installed.run("findings", "export").stdout.splitlines()]
        assert record["comment"]["id"] == copied
        assert record["source"]["author"] == "Hanne"
        options = wordpress.Options(url=blog.url, user=USER, password={"env": "PW"})
        with open_site("blog.example", "wordpress", options, environment={"PW": PASSWORD}) as site:
            site.mod(copied).hold(key=record["key"])
        assert blog.board.status(copied) == "held"
        eventually(lambda: statuses()[copied] == "hold")
        blog.board.set(copied, "approved")
        eventually(lambda: statuses()[copied] == "approved")
        assert installed.findings() == ["unattributed-quote"]
    finally:
        daemon.terminate()
        assert daemon.wait(60) == 0
    assert [one for one in installed.log() if one["level"] not in ("info", "debug")] == []

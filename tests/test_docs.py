"""The documentation says what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.registry import READERS
from bot.config import (
    ArchiveOptions,
    CheckOptions,
    DaemonOptions,
    LogOptions,
    PagesOptions,
    PollingOptions,
    StoreOptions,
)
from rules.registry import RULES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "build.py", "--check"], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("name", [rule.ID for rule in RULES] + [reader.NAME for reader in READERS])
def test_every_rule_and_format_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize(
    "name",
    [
        *CheckOptions.model_fields,
        *PagesOptions.model_fields,
        *ArchiveOptions.model_fields,
        *DaemonOptions.model_fields,
        *LogOptions.model_fields,
        *PollingOptions.model_fields,
        *StoreOptions.model_fields,
        *(key for rule in RULES for key in rule.Options.model_fields),
    ],
)
def test_every_config_key_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_documentation_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_make_target_that_the_documentation_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"`make (\w+)`", TEXT)) <= targets

"""The documentation says what the program does."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from adapters.base import PlatformModule, PlatformOptions
from adapters.registry import PLATFORMS, READERS
from bot.config import (
    ArchiveOptions,
    BotOptions,
    CheckOptions,
    ClusterOptions,
    DaemonOptions,
    LogOptions,
    PagesOptions,
    PollingOptions,
    ScanOptions,
    StoreOptions,
    check_config,
)
from bot.config_moderators import DecisionOptions, MailOptions, ModeratorOptions, OnConfirm, WebOptions
from rules.registry import RULES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
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
        *BotOptions.model_fields,
        *ClusterOptions.model_fields,
        *ScanOptions.model_fields,
        *WebOptions.model_fields,
        *MailOptions.model_fields,
        *ModeratorOptions.model_fields,
        *DecisionOptions.model_fields,
        *OnConfirm.model_fields,
        *(key for rule in RULES for key in rule.Options.model_fields),
    ],
)
def test_every_config_key_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.NAME)
def test_every_platform_has_its_page(platform: PlatformModule) -> None:
    page = ROOT / "docs" / "platforms" / f"{platform.NAME}.md"
    assert f"(platforms/{page.name})" in (ROOT / "docs" / "platforms.md").read_text("utf-8")
    options = set(platform.Options.model_fields) - set(PlatformOptions.model_fields)
    text = page.read_text("utf-8")
    assert {name for name in options if not re.search(rf"\b{name}\b", text)} == set()
    # Its block loads: see below.
    assert f'platform = "{platform.NAME}"' in text


@pytest.mark.parametrize("name", PlatformOptions.model_fields)
def test_every_key_of_all_platforms_is_documented(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "platforms.md").read_text("utf-8")


def test_the_config_blocks_of_the_platforms_load() -> None:
    blocks = [
        block for page in PAGES for block in re.findall(r"```toml\n(\[sites.*?)```", page.read_text("utf-8"), re.S)
    ]
    assert len(blocks) > len(PLATFORMS)
    for block in blocks:
        check_config(tomllib.loads(block), name="docs")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_documentation_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_make_target_that_the_documentation_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert set(re.findall(r"`make (\w+)`", TEXT)) <= targets

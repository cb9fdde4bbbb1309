"""The configuration: loud about mistakes, and complete in its example."""

from pathlib import Path

import pytest

from bot.config import ConfigError, PollingOptions, example, load_config
from rules.registry import RULES

ROOT = Path(__file__).parent.parent


def test_the_example_loads_and_holds_every_default() -> None:
    loaded = load_config(ROOT / "config.example.toml", environment={})
    assert (ROOT / "config.example.toml").read_text("utf-8") == example()
    assert loaded == load_config(environment={})
    assert set(loaded.rules) == {rule.ID for rule in RULES}


def test_options_reach_their_rule(tmp_path: Path) -> None:
    path = tmp_path / "q.toml"
    path.write_text('[rules.off-topic]\nreport = false\nseverity = "serious"\nmin_score = 0.99\n')
    options = load_config(path, environment={}).rules["off-topic"]
    assert options.model_dump() == {
        "report": False,
        "severity": "serious",
        "min_score": 0.99,
        "min_score_in_site": 0.85,
        "sentence_model": True,
        "min_topic_words": 6,
        "max_share": 0.01,
        "other_languages": True,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[rules.nothing]\n", "rules.nothing: no such rule"),
        (
            "[rules.link-only]\nmax_wrods = 1\n",
            "rules.link-only: max_wrods: unknown key; there are report, severity, max_words",
        ),
        (
            "[rules.link-only]\nmax_words = -1\n",
            "rules.link-only: max_words: input should be greater than or equal to 0",
        ),
        ("[chekc]\n", "chekc: unknown key; there are bot, cluster, check, "),
        ("[check]\njobs = 'many'\n", "check.jobs: input should be a valid integer"),
        ("rules = 3\n", "rules: a table for each is wanted: [rules.NAME]"),
        ("[check\n", "not TOML"),
    ],
)
def test_a_mistake_names_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "q.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path, environment={})
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "none.toml", environment={})
    with pytest.raises(ConfigError, match="no such file"):
        load_config(environment={"QUOTEWARDEN_CONFIG": str(tmp_path / "none.toml")})


def test_a_mistyped_environment_variable_is_an_error() -> None:
    with pytest.raises(ConfigError, match="unknown environment variable QUOTEWARDEN_CONFG"):
        load_config(environment={"QUOTEWARDEN_CONFG": "x"})


def test_the_example_of_a_site_is_a_site(tmp_path: Path) -> None:
    lines = example().splitlines()
    start = lines.index('# [sites."blog.example"]')
    stop = next(place for place in range(start, len(lines)) if not lines[place])
    # Comments on the keys have two signs.
    table = [line.removeprefix("# ") for line in lines[start:stop]]
    path = tmp_path / "q.toml"
    path.write_text("\n".join(table))
    site = load_config(path, environment={}).sites["blog.example"]
    assert (site.platform, site.options.url) == ("wordpress", "https://blog.example")
    assert site.polling == PollingOptions()

"""Secrets: named, never written, never told."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.errors import SecretError
from adapters.secrets import Secret, named_secrets

WORD = "correct horse battery"


class Options(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    name: str = "bot"
    password: Secret | None = None


def secret(**place: object) -> Secret:
    found = Options(password=place).password
    assert found is not None
    return found


def test_a_secret_comes_from_its_place(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{WORD}\n")
    assert secret(env="PW").reveal({"PW": WORD}) == WORD
    assert secret(file=str(path)).reveal({}) == WORD


@pytest.mark.parametrize("value", [WORD, 7, ["PW"]])
def test_a_secret_that_is_written_out_is_refused_and_not_told(value: object) -> None:
    with pytest.raises(ValidationError, match=r"name its place: \{ env = \"NAME\" \}") as caught:
        Options(password=value)
    assert WORD not in str(caught.value)


@pytest.mark.parametrize("value", [{}, {"env": "A", "file": "b"}, {"place": "x"}, {"keyring": "service"}, {"env": ""}])
def test_a_secret_has_one_place(value: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Options(password=value)


def test_a_place_that_is_empty_is_told(tmp_path: Path) -> None:
    (tmp_path / "two").write_text("a\nb\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for given, told in (
        ({"env": "PW"}, "environment variable PW is not set"),
        ({"file": str(tmp_path / "none")}, "none: the file of a secret cannot be read: No such file"),
        ({"file": str(tmp_path / "two")}, "must hold one line"),
        ({"file": str(tmp_path / "empty")}, "must hold one line"),
        ({"file": str(tmp_path / "binary")}, "is no text"),
    ):
        with pytest.raises(SecretError, match=told):
            secret(**given).reveal({"PW": ""})


def test_the_keyring_is_asked_only_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert secret(env="PW").reveal({"PW": WORD}) == WORD
    with pytest.raises(SecretError, match=r"pip install 'quotewarden\[keyring\]'"):
        secret(keyring="blog/bot").reveal({})


def test_the_keyring_gives_by_service_and_user(monkeypatch: pytest.MonkeyPatch) -> None:
    class KeyringError(Exception):
        pass

    def get_password(service: str, user: str) -> str | None:
        if service == "locked":
            raise KeyringError(WORD)
        return WORD if (service, user) == ("blog", "bot/2") else None

    ring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    ring.get_password, ring.errors, errors.KeyringError = get_password, errors, KeyringError
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert secret(keyring="blog/bot/2").reveal({}) == WORD
    with pytest.raises(SecretError, match="nothing at blog/ada: run `keyring set blog ada`"):
        secret(keyring="blog/ada").reveal({})
    with pytest.raises(SecretError, match="does not open") as caught:
        secret(keyring="locked/bot").reveal({})
    assert WORD not in str(caught.value)


def test_the_secrets_of_options_are_found() -> None:
    assert named_secrets(Options()) == []
    assert named_secrets(Options(password={"env": "PW"})) == [secret(env="PW")]
    assert "PW" in repr(secret(env="PW"))

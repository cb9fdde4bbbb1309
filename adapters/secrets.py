"""Secrets: named in the configuration, kept elsewhere, revealed only to the request that needs them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.errors import SecretError

_HOW = (
    'a secret is not written here; name its place: { env = "NAME" }, { file = "/path" } or { keyring = "service/user" }'
)


class Secret(BaseModel):
    """Name the place of a secret: an environment variable, a file, or the keyring of the user."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: str | None = Field(None, min_length=1)
    file: Path | None = None
    keyring: str | None = Field(None, pattern=r"^[^/]+/.+$")

    @model_validator(mode="before")
    @classmethod
    def _refuse_literal(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            if len(value) != 1:
                raise ValueError("one place of a secret is wanted: env, file or keyring")
            return value
        if isinstance(value, Secret):
            return value
        raise ValueError(_HOW)

    def reveal(self, environment: Mapping[str, str]) -> str:
        """Return the secret; raises SecretError, which names its place only."""
        if self.env is not None:
            found = environment.get(self.env)
            if not found:
                raise SecretError(f"the environment variable {self.env} is not set: put the secret into it")
            return found
        if self.file is not None:
            return _from_file(self.file)
        return _from_keyring(self.keyring or "")


def named_secrets(options: BaseModel) -> list[Secret]:
    """Return the secrets that options name."""
    return [value for name in type(options).model_fields if isinstance(value := getattr(options, name), Secret)]


def _from_file(path: Path) -> str:
    try:
        found = path.read_text("utf-8").strip("\r\n")
    except OSError as error:
        raise SecretError(f"{path}: the file of a secret cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SecretError(f"{path}: the file of a secret is no text: write it anew, in UTF-8") from None
    if not found or "\n" in found:
        raise SecretError(f"{path}: the file of a secret must hold one line")
    return found


def _from_keyring(place: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise SecretError("the keyring needs a package more: pip install 'quotewarden[keyring]'") from None
    service, _, user = place.partition("/")
    try:
        found: str | None = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise SecretError(f"the keyring does not open ({type(error).__name__}): unlock it") from None
    if not found:
        raise SecretError(f"the keyring has nothing at {place}: run `keyring set {service} {user}`")
    return found

"""Secrets by reference: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`. Read when they are used, kept nowhere."""

from collections.abc import Callable, Mapping
from pathlib import Path

from domain.errors import ConfigError

Secrets = Callable[[str], str]
"""The secret behind a reference; "" for "". Raises ConfigError that names the reference, never the secret."""


def secrets_of(environment: Mapping[str, str]) -> Secrets:
    """Finds secrets in this environment, in files and in the desktop's keyring."""

    def secret(reference: str) -> str:
        if not reference:
            return ""
        scheme, _, name = reference.partition(":")
        match scheme:
            case "env":
                return _found(environment.get(name, ""), reference, f"set the environment variable {name}")
            case "file":
                return _found(
                    _in_file(Path(name)), reference, f"put the secret into {name}, readable by us alone"
                )
            case "keyring":
                return _in_keyring(name)
        raise ConfigError(
            f"{scheme!r} is no place for secrets", remedy="write env:NAME, file:PATH or keyring:SERVICE/USER"
        )

    return secret


def is_reference(value: str) -> bool:
    """Whether it names a secret and is not one itself."""
    return value.startswith(("env:", "file:", "keyring:")) and not value.endswith(":")


def _found(secret: str, reference: str, remedy: str) -> str:
    if not secret:
        raise ConfigError(f"there is no secret at {reference}", remedy=remedy)
    return secret


def _in_file(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _in_keyring(name: str) -> str:
    reference, (service, _, user) = f"keyring:{name}", name.partition("/")
    try:
        from keyring import get_password
    except ImportError as error:
        raise ConfigError(
            f"{reference} cannot be read without the library keyring",
            remedy="pip install keyring, or write env:NAME or file:PATH",
        ) from error
    return _found(get_password(service, user) or "", reference, f"keyring set {service} {user}")

"""Secrets by reference: settings and the outbox hold `env:NAME`, never the secret."""

from collections.abc import Mapping

from domain.errors import ConfigError

PREFIX = "env:"


def resolve(reference: str, environment: Mapping[str, str]) -> str:
    """The secret behind `env:NAME`; anything else is taken as it is. Raises ConfigError when NAME is not set."""
    if not reference.startswith(PREFIX):
        return reference
    name = reference.removeprefix(PREFIX)
    if not environment.get(name):
        raise ConfigError(f"{reference} is not set", remedy=f"set the environment variable {name}")
    return environment[name]


def is_reference(value: str) -> bool:
    return value.startswith(PREFIX)

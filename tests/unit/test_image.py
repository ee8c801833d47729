"""The Dockerfile keeps our rules; `make image-check` runs its steps."""

import pytest

from bench.image import DOCKERFILE, faults, instructions, steps

TEXT = DOCKERFILE.read_text(encoding="utf-8")


def test_our_dockerfile_keeps_the_rules() -> None:
    assert faults(TEXT) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("USER 10001\n", "", "as root"),
        ("python:3.11-slim-bookworm AS", "python:latest AS", "latest"),
        ("--require-hashes ", "", "without hashes"),
        ("HEALTHCHECK", "# HEALTHCHECK", "no HEALTHCHECK"),
        ("ENV PATH", "ENV SMTP_PASSWORD=x PATH", "a secret"),
    ],
)
def test_what_a_careful_reader_would_refuse(old: str, new: str, said: str) -> None:
    assert any(said in fault for fault in faults(TEXT.replace(old, new)))


def test_continued_lines_are_one_instruction() -> None:
    assert list(instructions("RUN a \\\n && b\n# no\nUSER x")) == [("RUN", "a && b"), ("USER", "x")]


def test_the_steps_run_elsewhere(tmp_path) -> None:
    assert all(str(tmp_path) in step for step in steps(TEXT, tmp_path))

"""The archive's page tells every question that can be asked."""

from pathlib import Path

import pytest

from storage.sqlite.figures import FIGURES

PAGE = (Path(__file__).parents[2] / "docs" / "archive.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_and_its_parameters_are_told(name):
    (row,) = [
        line for line in PAGE.splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1]
    ]
    told = row.split("|")[2]
    for parameter in set(FIGURES[name].parameters) - {"as_of", "market"}:
        assert parameter in told

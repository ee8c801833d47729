"""A format or channel is a file with its heading in the docs."""

from pathlib import Path

import pytest

from domain.registry import names_in

DOCS = Path(__file__).parents[2] / "docs" / "plugs"


@pytest.mark.parametrize(
    ("package", "page"), [("digest.formats", "formats.md"), ("digest.delivery", "channels.md")]
)
def test_every_plug_has_its_heading(package: str, page: str) -> None:
    headings = {
        line[3:] for line in (DOCS / page).read_text(encoding="utf-8").splitlines() if line.startswith("## ")
    }
    assert set(names_in(package)) <= headings

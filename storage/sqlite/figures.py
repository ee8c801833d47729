"""The named questions behind every figure of a digest, as SQL with bound parameters.

Each is asked as of a moment: items first seen later, tags and memberships that did not hold then, and later versions
of a headline stay out, so that the same question as of the same moment has the same answer for ever.
`docs/archive.md` lists names, parameters and columns.
"""

import re
from dataclasses import dataclass

# Items of a market: '' or ALL is every market, DACH its three. `i` is an item or a source.
IN_MARKET = """(:market IN ('', 'ALL') OR instr(i.markets, ' ' || :market || ' ')
    OR :market = 'DACH' AND (instr(i.markets, ' DE ') OR instr(i.markets, ' AT ') OR instr(i.markets, ' CH ')))"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A named question. `lists` are the columns that hold JSON; `single` ones answer one value, not rows."""

    sql: str
    lists: tuple[str, ...] = ()
    single: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names that must be given; `as_of` is always."""
        return tuple(dict.fromkeys(re.findall(r"(?<!:):([a-z_]+)", self.sql)))


ITEMS_COUNT = f"""
SELECT count(*) FROM item i
WHERE i.published_at >= :since AND i.published_at < :until AND {IN_MARKET}
  AND i.first_seen_at <= :as_of AND (i.gone_at IS NULL OR i.gone_at > :as_of)
"""

FIGURES: dict[str, Figure] = {
    "items_count": Figure(ITEMS_COUNT, single=True),
}

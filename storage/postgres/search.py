"""What readers ask of the archive, on PostgreSQL: a tsvector of folded words, trigrams of title and lead."""

from domain.model import Search
from storage.query import Query, Term
from storage.sqlite.search import Bound, Reader, filters_of

FOUND = """
SELECT i.id FROM item i JOIN item_text t ON t.id = i.id WHERE {found} AND {filters} ORDER BY {order} LIMIT :reach
"""
ALL = "SELECT i.id FROM item i WHERE {filters} ORDER BY i.id DESC LIMIT :reach"


class PgReader(Reader):
    """Search, facets and streams of hits."""

    def _statement(self, wanted: Search, query: Query, reach: int, broad: bool) -> tuple[str, Bound]:
        filters, bound = filters_of(wanted)
        bound |= {"reach": reach, "high": self._behind(wanted)}
        where = " AND ".join([*filters, "i.id <= :high"])
        expression = tsquery(query)
        if not expression:
            return ALL.format(filters=where), bound
        bound["words"] = expression
        found = "t.words @@ CAST(:words AS tsquery)"
        for n, group in enumerate(_parts(query)):
            bound |= {f"part{n}x{k}": f"%{letters}%" for k, letters in enumerate(group)}
        parts = " AND ".join(
            f"({' OR '.join(f't.head LIKE :part{n}x{k}' for k in range(len(group)))})"
            for n, group in enumerate(_parts(query))
        )
        order = "i.id DESC"
        if wanted.order == "relevance":
            order = "ts_rank(t.words, CAST(:words AS tsquery)) DESC, i.id DESC"
        elif parts:
            found = f"({found} OR {parts})"
        return FOUND.format(found=found, filters=where, order=order), bound


def tsquery(query: Query) -> str:
    """The query in PostgreSQL's language; "" when there is nothing to look for."""
    wanted = [f"({' | '.join(map(_term, group))})" for group in query.wanted]
    unwanted = [f"!{_term(term)}" for term in query.unwanted]
    return " & ".join([*wanted, *unwanted])


def _parts(query: Query) -> list[list[str]]:
    """Per group the letters to be found within words of title and lead; none when that cannot answer."""
    groups = [[term.letters for term in group if not term.exact] for group in query.wanted]
    return [] if query.unwanted or not all(groups) else groups


def _term(term: Term) -> str:
    words = " <-> ".join(f"'{word}'" for word in term.words)
    if len(term.words) > 1:
        return f"({words})"
    return words if term.exact else f"{words}:*"

"""What readers ask of the archive, on PostgreSQL: a tsvector of folded words, trigrams of title and lead."""

from domain.model import Search
from storage.query import Query, Term
from storage.sqlite.search import WEIGHED, WEIGHED_TITLES, Bound, Reader, filters_of

FOUND = """
SELECT i.id FROM item i JOIN item_text t ON t.id = i.id WHERE {found} AND {filters} ORDER BY i.id DESC LIMIT :{reach}
"""
BY_RANK = """
SELECT t.id FROM item_text t WHERE t.id IN (({newest}) UNION ({titled}))
ORDER BY ts_rank(t.words, CAST(:words AS tsquery)) DESC, t.id DESC LIMIT :reach
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
        if wanted.order == "relevance":
            bound |= {"titled": tsquery(query, "A"), "weighed": WEIGHED, "weighed_titles": WEIGHED_TITLES}
            in_titles = "t.words @@ CAST(:titled AS tsquery)"
            newest = FOUND.format(found=found, filters=where, reach="weighed")
            titled = FOUND.format(found=f"{found} AND {in_titles}", filters=where, reach="weighed_titles")
            return BY_RANK.format(newest=newest, titled=titled), bound
        if parts:
            found = f"({found} OR {parts})"
        return FOUND.format(found=found, filters=where, reach="reach"), bound


def tsquery(query: Query, weight: str = "") -> str:
    """The query in PostgreSQL's language, for words of this weight (A: the title's); "" when there is nothing to look for."""
    wanted = [f"({' | '.join(_term(term, weight) for term in group)})" for group in query.wanted]
    unwanted = [f"!{_term(term)}" for term in query.unwanted]
    return " & ".join([*wanted, *unwanted])


def _parts(query: Query) -> list[list[str]]:
    """Per group the letters to be found within words of title and lead; none when that cannot answer."""
    groups = [[term.letters for term in group if not term.exact] for group in query.wanted]
    return [] if query.unwanted or not all(groups) else groups


def _term(term: Term, weight: str = "") -> str:
    mark = ("" if term.exact else "*") + weight
    words = " <-> ".join(f"'{word}'{mark and ':'}{mark}" for word in term.words)
    return f"({words})" if len(term.words) > 1 else words

"""What a source asks a platform for: `options: {queries: [...]}`, with languages and a budget per query.

A query is a text, or `{any: [rückruf, product recall], languages: [de, en], daily_budget: 50}`; each of its wordings is
asked on its own, since platforms differ in how they write "or". The budget is the query's, however many wordings it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crawler.shapes import wished
from domain.errors import ConfigError
from domain.model import Source


@dataclass(frozen=True, slots=True)
class Query:
    """One wording. No languages: any will do. `purse` names what it is paid from, "" where only the whole counts."""

    words: str
    languages: tuple[str, ...] = ()
    purse: str = ""
    daily_budget: int | None = None

    def wants(self, said: Sequence[str]) -> bool:
        """Whether something that declares these languages is wanted; what declares none is."""
        return not self.languages or not any(said) or bool({*self.languages} & {*said})


def queries(source: Source) -> tuple[Query, ...]:
    """All wordings, each once. Raises ConfigError for what is neither text nor mapping."""
    rows = source.options.get("queries")
    found = [query for row in (rows if isinstance(rows, list) else ()) for query in _wordings(row, source)]
    return tuple({query.words: query for query in reversed(found)}.values())[::-1]


def query_of(source: Source, words: str) -> Query:
    """The query with these words; one without conditions for words nobody asks for any more."""
    return next((query for query in queries(source) if query.words == words), Query(words))


def budget_of(source: Source, purse: str) -> int | None:
    """What this purse of the source may spend a day; None without a cap of its own."""
    caps = [query.daily_budget for query in queries(source) if query.purse == purse and purse]
    return next((cap for cap in caps if cap is not None), None)


def _wordings(row: object, source: Source) -> Iterator[Query]:
    everywhere = wished(source, "languages")
    if isinstance(row, str):
        yield Query(row, everywhere)
        return
    if not isinstance(row, Mapping) or not isinstance(row.get("any"), list) or not row["any"]:
        raise ConfigError(
            f"source {source.id!r} has a query that is neither words nor {{any: [...]}}: {row!r}"[:300],
            remedy="write `- product recall` or `- {any: [rückruf, product recall], languages: [de, en]}`",
        )
    words = [str(one) for one in row["any"]]
    budget, said = row.get("daily_budget"), row.get("languages")
    languages = tuple(map(str, said)) if isinstance(said, list) else everywhere
    for one in words:
        purse = words[0] if budget is not None else ""
        yield Query(one, languages, purse, None if budget is None else int(str(budget)))

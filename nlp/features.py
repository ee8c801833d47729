"""Which product features a text speaks of: video, live, comments, messages, accounts and the like.

Most of their words live elsewhere too: an account at a bank, a filter in a coffee machine, a comment on the front
page. So a word counts alone (`anywhere`), or with an online word in its clause (`online`), and never next to a word
of another world (`unless`). The lists stand in `nlp/cues.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from nlp.phrases import Found, Phrases, clause_at, clauses_of, words_of
from nlp.topic_rules import LANGUAGES, load_cues

KINDS = ("anywhere", "online", "unless")


class FeatureWords:
    """One language's lists, compiled. `lists`: feature -> kind -> terms; `scope`: what tells of the online world."""

    def __init__(self, lists: Mapping[str, Mapping[str, Sequence[str]]], scope: Sequence[str]) -> None:
        self._meaning = [(name, kind) for name in lists for kind in KINDS]
        terms = (
            (str(term), number)
            for number, (name, kind) in enumerate(self._meaning)
            for term in lists[name].get(kind, ())
        )
        self._phrases = Phrases(terms)
        self._scope = Phrases((str(term), 0) for term in scope)

    def find(self, text: str) -> list[tuple[str, Found]]:
        """Name and place of every hit that counts, in order."""
        words = words_of(text)
        clauses = clauses_of(text)
        found = [(*self._meaning[hit.payload], hit) for hit in self._phrases.find(text, words)]
        elsewhere = {(name, clause_at(clauses, hit.start)) for name, kind, hit in found if kind == "unless"}
        scope = self._scope.find(text, words) if any(kind == "online" for _, kind, _ in found) else []
        return [
            (name, hit)
            for name, kind, hit in found
            if kind != "unless"
            and (name, clause_at(clauses, hit.start)) not in elsewhere
            and (kind == "anywhere" or _near(hit, scope, clauses))
        ]


def _near(hit: Found, scope: Sequence[Found], clauses: Sequence[tuple[int, int]]) -> bool:
    """Whether another word of the online world shares the clause."""
    own = clause_at(clauses, hit.start)
    apart = (s for s in scope if s.end <= hit.start or hit.end <= s.start)
    return any(clause_at(clauses, s.start) == own for s in apart)


@cache
def feature_words(language: str) -> FeatureWords:
    """The shipped lists of one language; an unknown language is read as German and English."""
    cues = load_cues()
    wanted = (language,) if language in LANGUAGES else ("de", "en")
    lists = {
        name: {kind: [t for w in wanted for t in kinds.get(kind, {}).get(w, ())] for kind in KINDS}
        for name, kinds in cues["features"].items()
    }
    scope = [*cues["scope"]["platform"], *(t for w in wanted for t in cues["scope"][w])]
    return FeatureWords(lists, scope)

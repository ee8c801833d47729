"""Which product features a text speaks of: video, live, comments, messages, accounts and the like.

Most of their words live elsewhere too: an account at a bank, a filter in a coffee machine, a comment on the front
page. So a word counts alone (`anywhere`), or with an online word in its clause (`online`), and never next to a word
of another world (`unless`), save where a platform's name stands beside it: *Instagram-Konten* are accounts whatever the
bank in the same clause says. The lists stand in `nlp/cues.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from nlp.phrases import Found, Phrases, clause_at, clauses_of, words_of
from nlp.topic_rules import LANGUAGES, load_cues

KINDS = ("anywhere", "online", "unless")
BESIDE = re.compile(
    r"[ \u00a0\-‑'’\"»«]*(?:(?:bei|auf|von|im|des|der|sur|chez|d|de|du|su|di|del|on|at|of|the|with)[ \u00a0'’\"»«]+){0,2}",
    re.IGNORECASE,
)  # what may stand between a word and the platform it belongs to


class FeatureWords:
    """One language's lists, compiled. `lists`: feature -> kind -> terms; `scope`: what tells of the online world,
    `platforms`: names of it that make a word beside them theirs."""

    def __init__(
        self,
        lists: Mapping[str, Mapping[str, Sequence[str]]],
        scope: Sequence[str],
        platforms: Sequence[str] = (),
    ) -> None:
        self._meaning = [(name, kind) for name in lists for kind in KINDS]
        terms = (
            (str(term), number)
            for number, (name, kind) in enumerate(self._meaning)
            for term in lists[name].get(kind, ())
        )
        self._phrases = Phrases(terms)
        self._scope = Phrases((str(term), 0) for term in scope)
        self._platforms = Phrases((str(term), 0) for term in platforms)

    def find(self, text: str) -> list[tuple[str, Found]]:
        """Name and place of every hit that counts, in order."""
        words = words_of(text)
        clauses = clauses_of(text)
        found = [(*self._meaning[hit.payload], hit) for hit in self._phrases.find(text, words)]
        elsewhere = {(name, clause_at(clauses, hit.start)) for name, kind, hit in found if kind == "unless"}
        scope = self._scope.find(text, words) if any(kind == "online" for _, kind, _ in found) else []
        names = self._platforms.find(text, words) if elsewhere else []
        return [
            (name, hit)
            for name, kind, hit in found
            if kind != "unless"
            and ((name, clause_at(clauses, hit.start)) not in elsewhere or _belongs(hit, names, text))
            and (kind == "anywhere" or _near(hit, scope, clauses))
        ]


def _near(hit: Found, scope: Sequence[Found], clauses: Sequence[tuple[int, int]]) -> bool:
    """Whether another word of the online world shares the clause."""
    own = clause_at(clauses, hit.start)
    apart = (s for s in scope if s.end <= hit.start or hit.end <= s.start)
    return any(clause_at(clauses, s.start) == own for s in apart)


def _belongs(hit: Found, names: Sequence[Found], text: str) -> bool:
    """Whether a platform's name stands in the word, beside it, or one preposition away."""
    for name in names:
        first, last = sorted((hit, name), key=lambda f: f.start)
        if last.start < first.end or BESIDE.fullmatch(text, first.end, last.start):
            return True
    return False


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
    return FeatureWords(lists, scope, cues["scope"]["platform"])

"""What readers are spared, for the reading room: the rules are `nlp.shield`'s."""

from collections.abc import Collection
from dataclasses import replace

from domain.model import Hit
from nlp.shield import cover_for, cut_slurs, help_note, without_method
from web.desk import Shield

SELF_HARM = "suicide_self_harm"


def shield() -> Shield:
    """Covers by topic, slurs cut, no method named, a note on where to find help."""
    return Shield(cover=cover_for, soften=softened, note=help_note)


def softened(text: str, language: str, topics: Collection[str]) -> str:
    """The text without slurs; on self-harm without method and place as well."""
    mild = cut_slurs(text)
    return without_method(mild, language) if SELF_HARM in topics else mild


def spared(hit: Hit) -> Hit:
    """The hit as it may be told: its title softened, none where the subject is never shown; no quotation under a cover."""
    item, cover = hit.item, cover_for(hit.topics)
    title = "" if cover == "always" else softened(item.title, item.language, hit.topics)
    snippet = (
        softened(hit.snippet, item.language, hit.topics) if cover == "none" and not item.sensitive else ""
    )
    return replace(hit, item=replace(item, title=title), snippet=snippet)

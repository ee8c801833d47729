"""Folding: the one spelling under which words are stored for search and looked up again.

German umlauts become ae, oe, ue and ß becomes ss, so that *Österreich*, *OESTERREICH* and *oesterreich* meet.
Other accents are dropped by the index's own tokenizer (`remove_diacritics 2`) and, for substrings, here.
"""

import unicodedata

UMLAUTS = (
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("ß", "ss"),
    ("Ä", "Ae"),
    ("Ö", "Oe"),
    ("Ü", "Ue"),
    ("ẞ", "SS"),
)
# Accents that French and Italian words carry; SQLite cannot decompose, so the substring index needs them by name.
ACCENTS = (
    ("é", "e"), ("è", "e"), ("ê", "e"), ("ë", "e"), ("É", "e"), ("È", "e"), ("à", "a"), ("â", "a"), ("À", "a"),
    ("î", "i"), ("ï", "i"), ("ì", "i"), ("ô", "o"), ("ò", "o"), ("ù", "u"), ("û", "u"), ("ç", "c"), ("Ç", "c"),
)  # fmt: skip


def fold(text: str) -> str:
    """Lower case, umlauts spelt out, every other accent dropped."""
    if text.isascii():
        return text.lower()
    spelt = text
    for letter, letters in UMLAUTS:  # seven times as fast as str.translate
        spelt = spelt.replace(letter, letters)
    spelt = spelt.lower()
    if spelt.isascii():
        return spelt
    decomposed = unicodedata.normalize("NFKD", spelt.replace("ſ", "s"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def umlauts_in_sql(expression: str) -> str:
    """The same spelling of umlauts as an SQL expression; the tokenizer does case and accents."""
    for letter, spelt in UMLAUTS:
        expression = f"replace({expression}, '{letter}', '{spelt}')"
    return expression


def folded_in_sql(expression: str) -> str:
    """Umlauts and the common accents; the trigram tokenizer does the case."""
    expression = umlauts_in_sql(expression)
    for letter, plain in ACCENTS:
        expression = f"replace({expression}, '{letter}', '{plain}')"
    return expression

"""PostgreSQL's tables: those of `storage.sqlite.schema`, with full text and functions of its own.

The database has to compare texts by code point (`LC_COLLATE` C), because moments are compared as texts.
"""

from storage.fold import ACCENTS, UMLAUTS
from storage.postgres.dialect import translated_table
from storage.sqlite import schema as shared

FUNCTIONS = r"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE FUNCTION lb_each(list text) RETURNS TABLE (key text, value text) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF left(ltrim(list), 1) = '{' THEN
        RETURN QUERY SELECT o.key, o.value FROM json_each_text(list::json) o;
    ELSE
        RETURN QUERY SELECT (a.place - 1)::text, a.value FROM json_array_elements_text(coalesce(nullif(list, ''), '[]')::json)
            WITH ORDINALITY AS a (value, place);
    END IF;
END $$;
CREATE FUNCTION lb_int(text) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN $1 ~ '^-?[0-9]+$' THEN $1::bigint ELSE 0 END $$;
CREATE FUNCTION lb_json_list(text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT coalesce(array_to_json($1)::text, '[]') $$;
CREATE AGGREGATE json_group_array (text) (SFUNC = array_append, STYPE = text[], INITCOND = '{}', FINALFUNC = lb_json_list);
CREATE FUNCTION json_extract(document text, path text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE v WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE v END FROM (SELECT document::json ->> substr(path, 3) AS v) x
$$;
CREATE FUNCTION strftime(format text, moment text, change text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT to_char(((moment::timestamptz AT TIME ZONE 'UTC') + change::interval), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
CREATE FUNCTION max(double precision, double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS
    $$ SELECT greatest($1, $2) $$;
CREATE FUNCTION min(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT least($1, $2) $$;
CREATE FUNCTION round(double precision, integer) RETURNS double precision LANGUAGE sql IMMUTABLE AS
    $$ SELECT round($1::numeric, $2)::double precision $$;
CREATE FUNCTION lb_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only';
END $$;
"""


MARKS = "«»‹›„“”‚‘’…–—·•"
"""Punctuation beyond ASCII, which a database of locale C takes for letters."""


def fold_function(marks: str = "") -> str:
    """The folding of `storage.fold` as a function, for the generated columns; `marks` become spaces."""
    expression = "t"
    for letter, spelt in UMLAUTS:
        expression = f"replace({expression}, '{letter}', '{spelt}')"
    accents = "".join(letter for letter, _ in ACCENTS)
    plain = "".join(letter for _, letter in ACCENTS)
    body = f"SELECT lower(translate({expression}, '{accents}{marks}', '{plain}{' ' * len(marks)}'))"
    return f"CREATE OR REPLACE FUNCTION lb_fold(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ {body} $$;"


LONGEST_TEXT = 200_000
"""A tsvector has at most one megabyte; letters beyond this are not searched."""

FULL_TEXT = f"""
ALTER TABLE item_text
    ADD COLUMN words tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', regexp_replace(lb_fold(title), '[[:punct:][:space:]]+', ' ', 'g')), 'A')
        || to_tsvector('simple', regexp_replace(
            lb_fold(left(lead || ' ' || body, {LONGEST_TEXT})), '[[:punct:][:space:]]+', ' ', 'g'))) STORED,
    ADD COLUMN head text GENERATED ALWAYS AS (lb_fold(title || ' ' || lead)) STORED;
CREATE INDEX item_text_words ON item_text USING gin (words);
CREATE INDEX item_text_head ON item_text USING gin (head gin_trgm_ops);
"""

MARKS_APART = fold_function(MARKS) + "ALTER TABLE item_text DROP COLUMN words, DROP COLUMN head;" + FULL_TEXT
"""The columns are made of the new folding for every text that is held."""

FINAL = """
CREATE TRIGGER triage_event_final BEFORE UPDATE OR DELETE ON triage_event EXECUTE FUNCTION lb_final();
CREATE TRIGGER audit_final BEFORE UPDATE OR DELETE ON audit EXECUTE FUNCTION lb_final();
"""

REMARKS_FINAL = """
CREATE TRIGGER remark_final BEFORE UPDATE OR DELETE ON remark EXECUTE FUNCTION lb_final();
"""

STEPS: tuple[tuple[str, str], ...] = (
    ("p001_functions", FUNCTIONS + fold_function()),
    ("p002_tables", "".join(map(translated_table, (shared.SOURCES, shared.ITEMS, shared.READINGS)))),
    ("p003_full_text", FULL_TEXT),
    ("p004_decisions", "".join(map(translated_table, (shared.DECISIONS, shared.ISSUES))) + FINAL),
    ("p005_rest", "".join(map(translated_table, (shared.PAUSES, shared.PEOPLE, shared.NAMED)))),
    ("p006_remarks", translated_table(shared.REMARKS) + REMARKS_FINAL),
    ("p007_rechecks", translated_table(shared.RECHECKS)),
    ("p008_spending", translated_table(shared.SPENDING)),
    ("p009_alarms", translated_table(shared.ALARMS)),
    ("p010_milestones", translated_table(shared.MILESTONES)),
    ("p011_shelf", translated_table(shared.SHELF)),
    ("p012_unnamed", shared.UNNAMED),
    ("p013_marks", MARKS_APART),
    ("p014_day_counts", translated_table(shared.DAY_COUNTS)),
)
"""Applied once each, in order. Never edit one that was released: add one."""

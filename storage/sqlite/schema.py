"""The tables, as migrations: each one is applied once, in order, together with its record.

Conventions: times are ISO 8601 text in UTC (`storage.times`); `valid_to` NULL means it still holds; JSON columns say so.
`item.id` is the second of first known publication, or a free one after it, so a search runs newest first by walking the
full-text index backwards, and a span of time is a span of ids. Never edit a migration that was released: add one.
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from storage.fold import folded_in_sql, umlauts_in_sql

migrations = Migrations("lagebild")

SOURCES = """
CREATE TABLE source (
    source_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    language TEXT NOT NULL,
    markets TEXT NOT NULL,          -- ' DE AT ', home first; the spaces make a code findable by instr
    lens TEXT NOT NULL,
    category TEXT NOT NULL,
    tier INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    interval_seconds REAL NOT NULL,
    enabled INTEGER NOT NULL,
    grade TEXT NOT NULL,
    added_at TEXT NOT NULL,
    retired_at TEXT,                -- NULL: still in sources.yaml
    next_due TEXT NOT NULL,
    paused_at TEXT,                 -- NULL: not paused
    pause_reason TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX source_due ON source (next_due);               -- due_sources

CREATE TABLE visit (
    id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    status INTEGER,                 -- NULL: no answer came
    requests INTEGER NOT NULL,
    not_modified INTEGER NOT NULL,
    octets INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    pages_failed INTEGER NOT NULL,
    retry_after_seconds REAL,       -- NULL: the host did not say
    new_items INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX visit_once ON visit (source_id, started_at);    -- a repeated commit; a source's history
CREATE INDEX visit_finished ON visit (finished_at);                 -- coverage of a day

CREATE TABLE checkpoint (
    source_id TEXT PRIMARY KEY,
    cursor TEXT NOT NULL            -- JSON
) WITHOUT ROWID;

CREATE TABLE validator (
    source_id TEXT NOT NULL,
    url TEXT NOT NULL,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    PRIMARY KEY (source_id, url)
) WITHOUT ROWID;

CREATE TABLE letter (
    id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL,
    url TEXT NOT NULL,
    stage TEXT NOT NULL,
    error TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    body_hash TEXT NOT NULL
);
CREATE UNIQUE INDEX letter_once ON letter (source_id, url, stage, body_hash);
CREATE TABLE letter_body (
    body_hash TEXT PRIMARY KEY,
    octets INTEGER NOT NULL,        -- before compression
    body BLOB NOT NULL              -- zlib
) WITHOUT ROWID;
"""

ITEMS = """
CREATE TABLE item (
    id INTEGER PRIMARY KEY,         -- second of first known publication (Unix time), or the next free one
    item_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    raw_id TEXT NOT NULL,           -- '' once the item is gone
    raw_key INTEGER NOT NULL,       -- a hash of raw_id that stays: nobody fetches again what was removed
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    markets TEXT NOT NULL,          -- ' DE AT ', home first
    lens TEXT NOT NULL,
    category TEXT NOT NULL,
    tier INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    outlet TEXT NOT NULL,
    platform TEXT NOT NULL,
    published_at TEXT NOT NULL,
    updated_at TEXT,
    fetched_at TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,    -- when this archive first held it; what "as of" goes by
    version_from TEXT,              -- since when the present title and text hold; NULL: since first_seen_at
    copy_of INTEGER,                -- NULL: a representative; else the representative's id
    similarity REAL,                -- to the representative
    state TEXT NOT NULL DEFAULT 'live',     -- live, deleted, gone, withdrawn, erased, expired
    gone_at TEXT,                   -- NULL while live
    gone_reason TEXT,
    rights TEXT NOT NULL,
    expires_at TEXT,                -- NULL: by the retention of its class
    change INTEGER NOT NULL,        -- grows with each new version over the whole table; what annotators follow
    author_ref TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    url TEXT NOT NULL,
    more TEXT NOT NULL              -- JSON of the fields that differ from their defaults
);
CREATE UNIQUE INDEX item_item_id ON item (item_id);
CREATE INDEX item_raw ON item (raw_key);                                    -- known_entries, tombstones
CREATE INDEX item_published ON item (published_at, copy_of);                -- every figure over a window
CREATE INDEX item_change ON item (change) WHERE copy_of IS NULL;            -- unread
CREATE INDEX item_copies ON item (copy_of) WHERE copy_of IS NOT NULL;       -- copies of an item
CREATE INDEX item_author ON item (author_ref) WHERE author_ref <> '';       -- erase
CREATE INDEX item_gone ON item (gone_at) WHERE gone_at IS NOT NULL;         -- withdrawn since yesterday

CREATE TABLE item_text (
    id INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    lead TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE item_version (         -- what an item said before
    id INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL,
    title TEXT NOT NULL,
    lead TEXT NOT NULL,
    body TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    changed TEXT NOT NULL,          -- JSON: the fields that the next version changed
    PRIMARY KEY (id, valid_from)
) WITHOUT ROWID;
CREATE INDEX item_version_ended ON item_version (valid_to);     -- corrected since yesterday

CREATE TABLE fingerprint (
    id INTEGER PRIMARY KEY,
    url TEXT,                       -- NULL: the item's
    text_hash TEXT NOT NULL,
    signature BLOB NOT NULL,
    shingles INTEGER NOT NULL,
    agency TEXT NOT NULL
);
"""

# --- full text -----------------------------------------------------------------------------------


def words_of(title: str, lead: str, body: str) -> str:
    """SQL for the two columns of the index of words; a lead that the body repeats is not counted twice."""
    text = f"CASE WHEN instr({body}, {lead}) THEN {body} ELSE {lead} || char(10) || {body} END"
    return f"{umlauts_in_sql(title)}, {umlauts_in_sql(text)}"


def letters_of(title: str, lead: str) -> str:
    """SQL for the column of the index of letters."""
    return folded_in_sql(f"{title} || char(10) || {lead}")


# Statements for rows bound as (id, title, lead, body). They are run beside the change of `item_text`, not by triggers:
# a trigger's inner statement is a savepoint, at which FTS5 writes its pending words to disk, once per row.
_WORDS, _LETTERS = words_of("?2", "?3", "?4"), letters_of("?2", "?3") + " || substr(?4, 1, 0)"
WORDS_ADD = f"INSERT INTO item_words (rowid, title, body) VALUES (?1, {_WORDS})"
LETTERS_ADD = f"INSERT INTO item_letters (rowid, head) VALUES (?1, {_LETTERS})"
WORDS_DROP = f"INSERT INTO item_words (item_words, rowid, title, body) VALUES ('delete', ?1, {_WORDS})"
LETTERS_DROP = f"INSERT INTO item_letters (item_letters, rowid, head) VALUES ('delete', ?1, {_LETTERS})"

HASH_OCTETS = 32 * 1024 * 1024
"""Postings are gathered in memory up to this size before a segment is written; the default of 1 MB cuts a batch
of a few hundred articles into several segments, and each is merged again later."""
AUTOMERGE = 8
"""Segments of one level that are merged into one of the next: fewer merges when writing than with FTS5's own 4, while a
search still looks into few segments."""

_VIEWED_WORDS = umlauts_in_sql("CASE WHEN instr(body, lead) THEN body ELSE lead || char(10) || body END")
_OLD, _NEW = (
    (words_of(f"{row}.title", f"{row}.lead", f"{row}.body"), letters_of(f"{row}.title", f"{row}.lead"))
    for row in ("old", "new")
)
# Neither index keeps positions: they would be half of its size. What needs them, a phrase or a part of a word, is looked
# up with all its words or trigrams, and the texts found are read again (`storage.sqlite.search`).
FULL_TEXT = f"""
CREATE VIEW item_words_source AS SELECT id, {umlauts_in_sql("title")} AS title, {_VIEWED_WORDS} AS body FROM item_text;
CREATE VIEW item_letters_source AS SELECT id, {letters_of("title", "lead")} AS head FROM item_text;
CREATE VIRTUAL TABLE item_words USING fts5(
    title, body, content='item_words_source', content_rowid='id', tokenize='unicode61 remove_diacritics 2', detail='column'
);
CREATE VIRTUAL TABLE item_letters USING fts5(
    head, content='item_letters_source', content_rowid='id', columnsize=0, tokenize='trigram', detail='none'
);
CREATE TRIGGER item_text_changed AFTER UPDATE OF title, lead, body ON item_text BEGIN
    INSERT INTO item_words (item_words, rowid, title, body) VALUES ('delete', old.id, {_OLD[0]});
    INSERT INTO item_letters (item_letters, rowid, head) VALUES ('delete', old.id, {_OLD[1]});
    INSERT INTO item_words (rowid, title, body) VALUES (new.id, {_NEW[0]});
    INSERT INTO item_letters (rowid, head) VALUES (new.id, {_NEW[1]});
END;
INSERT INTO item_words (item_words, rank) VALUES ('hashsize', {HASH_OCTETS});
INSERT INTO item_letters (item_letters, rank) VALUES ('hashsize', {HASH_OCTETS});
INSERT INTO item_words (item_words, rank) VALUES ('automerge', {AUTOMERGE});
"""

READINGS = """
CREATE TABLE reading (
    id INTEGER NOT NULL,            -- item.id
    annotator TEXT NOT NULL,        -- name/version
    content_hash TEXT NOT NULL,     -- of the version that was read
    read_at TEXT NOT NULL,
    PRIMARY KEY (annotator, id)
) WITHOUT ROWID;

CREATE TABLE reader (
    annotator TEXT PRIMARY KEY,
    through INTEGER NOT NULL        -- every item up to this `change` is read
) WITHOUT ROWID;

CREATE TABLE annotation (
    id INTEGER PRIMARY KEY,
    item INTEGER NOT NULL,          -- item.id
    layer TEXT NOT NULL,
    label TEXT NOT NULL,
    target TEXT NOT NULL,
    score REAL NOT NULL,
    suppressed INTEGER NOT NULL,
    annotator TEXT NOT NULL,        -- name/version
    valid_from TEXT NOT NULL,
    valid_to TEXT,                  -- NULL while it holds
    start INTEGER,                  -- NULL: holds of the whole item
    "end" INTEGER,
    text TEXT NOT NULL,
    evidence TEXT NOT NULL          -- JSON list, '' for none
);
CREATE INDEX annotation_item ON annotation (item, layer, label, valid_to);      -- a page's tags, figures by topic

CREATE TABLE vector (
    id INTEGER NOT NULL,            -- item.id
    vector_of TEXT NOT NULL,        -- model id, and what was embedded
    vector BLOB NOT NULL,           -- float32, little-endian, normalised
    PRIMARY KEY (vector_of, id)
) WITHOUT ROWID;

CREATE TABLE story (                -- one row per state of a story; the present one has valid_to NULL
    story_id TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    state TEXT NOT NULL,
    merged_into TEXT NOT NULL,
    pinned INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (story_id, valid_from)
) WITHOUT ROWID;
CREATE INDEX story_changed ON story (changed_at) WHERE valid_to IS NULL;        -- stories()

CREATE TABLE membership (
    id INTEGER PRIMARY KEY,
    story_id TEXT NOT NULL,
    item INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    why TEXT NOT NULL,
    similarity REAL NOT NULL,
    by TEXT NOT NULL                -- the clusterer, or person:NAME
);
CREATE INDEX membership_item ON membership (item, valid_to, story_id);
CREATE INDEX membership_story ON membership (story_id, valid_to, item);

CREATE TABLE signal (               -- one row per state of a signal
    signal_id TEXT NOT NULL,
    dimension TEXT NOT NULL,
    label TEXT NOT NULL,
    market TEXT NOT NULL,
    day TEXT NOT NULL,              -- local to the market
    count INTEGER NOT NULL,
    expected REAL NOT NULL,
    upper REAL NOT NULL,
    score REAL NOT NULL,
    p_value REAL NOT NULL,
    level TEXT NOT NULL,
    items INTEGER NOT NULL,
    outlets INTEGER NOT NULL,
    reasons TEXT NOT NULL,          -- JSON
    muted TEXT NOT NULL,
    item_ids TEXT NOT NULL,         -- JSON
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (signal_id, valid_from)
) WITHOUT ROWID;
CREATE INDEX signal_day ON signal (day, market);
"""

DECISIONS = """
CREATE TABLE incident (             -- one row per version; the present one has valid_to NULL
    incident_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    market TEXT NOT NULL,
    severity INTEGER NOT NULL,
    state TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    owner TEXT NOT NULL,
    due_at TEXT,
    acknowledged_at TEXT,
    audience TEXT NOT NULL,         -- JSON
    tlp TEXT NOT NULL,
    story_ids TEXT NOT NULL,        -- JSON
    signal_ids TEXT NOT NULL,       -- JSON
    item_ids TEXT NOT NULL,         -- JSON
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (incident_id, version)
) WITHOUT ROWID;
CREATE INDEX incident_now ON incident (market, state) WHERE valid_to IS NULL;

CREATE TABLE triage_event (
    id INTEGER PRIMARY KEY,
    incident_id TEXT NOT NULL,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
);
CREATE INDEX triage_event_incident ON triage_event (incident_id, id);
CREATE TRIGGER triage_event_is_final BEFORE UPDATE ON triage_event BEGIN
    SELECT RAISE(ABORT, 'the decision log is append-only');
END;
CREATE TRIGGER triage_event_stays BEFORE DELETE ON triage_event BEGIN
    SELECT RAISE(ABORT, 'the decision log is append-only');
END;

CREATE TABLE label (                -- what a person said of an item: the learning set
    id INTEGER PRIMARY KEY,
    item_id TEXT NOT NULL,
    layer TEXT NOT NULL,
    label TEXT NOT NULL,
    verdict TEXT NOT NULL,          -- right, wrong, missing
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX label_once ON label (item_id, layer, label, by);

CREATE TABLE audit (                -- who did what; each line holds the hash of the one before
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,          -- a hash or an id, never a name
    facts TEXT NOT NULL,            -- JSON, counts
    sha256 TEXT NOT NULL            -- of the previous line's hash and this line
);
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TABLE suppression (          -- authors and addresses that must not enter again
    hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL,             -- author, url
    since TEXT NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE hold (                 -- what retention must leave alone for now
    item_id TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    by TEXT NOT NULL,
    until TEXT NOT NULL
) WITHOUT ROWID;
"""

ISSUES = """
CREATE TABLE digest_run (
    digest_id TEXT PRIMARY KEY,
    market TEXT NOT NULL,
    day TEXT NOT NULL,              -- local to the market
    edition TEXT NOT NULL,
    language TEXT NOT NULL,
    body TEXT NOT NULL,             -- JSON of the issue
    kept_at TEXT NOT NULL,
    redacted_at TEXT                -- NULL; else when a withdrawn item's words were taken out
) WITHOUT ROWID;
CREATE UNIQUE INDEX digest_run_once ON digest_run (market, day, edition, language);

CREATE TABLE digest_number (
    digest_id TEXT NOT NULL,
    mark INTEGER NOT NULL,          -- 7 for Q7
    query TEXT NOT NULL,
    sql TEXT NOT NULL,
    parameters TEXT NOT NULL,       -- JSON
    as_of TEXT NOT NULL,
    value TEXT NOT NULL,            -- JSON
    sha256 TEXT NOT NULL,
    PRIMARY KEY (digest_id, mark)
) WITHOUT ROWID;

CREATE TABLE outbox (
    key TEXT PRIMARY KEY,           -- market, date, edition, recipient: one issue goes out once
    digest_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    media_type TEXT NOT NULL,
    body BLOB NOT NULL,             -- emptied once sent
    state TEXT NOT NULL,            -- waiting, sending, handed, sent, failed
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    sent_at TEXT,                   -- NULL until the channel took it
    error TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (next_try_at) WHERE state IN ('waiting', 'sending');

CREATE TABLE saved_search (
    search_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,            -- JSON of domain.model.Search
    channel TEXT NOT NULL,          -- '', mail, atom
    created_at TEXT NOT NULL,
    told_through TEXT NOT NULL      -- hits first seen up to here were told
) WITHOUT ROWID;

CREATE TABLE job_run (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    key TEXT NOT NULL,              -- what it must run once for, e.g. DE/2026-11-22/daily
    started_at TEXT NOT NULL,
    finished_at TEXT,               -- NULL while it runs, or when it was killed
    outcome TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX job_run_once ON job_run (job, key);
CREATE INDEX job_run_started ON job_run (started_at);

CREATE TABLE setting (              -- what the archive remembers about itself
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
"""


PAUSES = """
CREATE TABLE source_pause (         -- when a source was paused, for issues of that time
    source_id TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,                  -- NULL: still paused
    reason TEXT NOT NULL,
    PRIMARY KEY (source_id, valid_from)
) WITHOUT ROWID;
ALTER TABLE visit ADD COLUMN fresh INTEGER NOT NULL DEFAULT 0;     -- entries that were new or changed to us
"""


# An item whose words are folded away wherever no reader has asked for them one by one.
SENSITIVE = """SELECT 1 FROM annotation a WHERE a.valid_to IS NULL AND NOT a.suppressed AND (
    a.layer = 'severity' AND a.label IN ('4', '5') OR a.layer = 'topic' AND a.label IN (
        'child_sexual_exploitation', 'suicide_self_harm', 'body_image_eating_disorders', 'violent_graphic_content'))"""
VIEWS = f"""
CREATE VIEW v_items AS              -- what analysts may query: no person, no unfolded harmful text
SELECT i.item_id, i.published_at, i.updated_at, i.first_seen_at, i.language, trim(i.markets) AS markets, i.lens, i.kind,
    i.category, i.tier, i.outlet, i.publisher, i.source_id, i.platform, i.state,
    (SELECT r.item_id FROM item r WHERE r.id = i.copy_of) AS copy_of,
    CASE WHEN i.lens = 'user' THEN '[withheld: user post]'
         WHEN EXISTS ({SENSITIVE} AND a.item = i.id) THEN '[folded: sensitive]' ELSE (SELECT t.title FROM item_text t WHERE t.id = i.id) END AS title,
    CASE WHEN i.lens = 'user' THEN '' ELSE i.url END AS url,
    (SELECT max(CAST(a.label AS INTEGER)) FROM annotation a WHERE a.item = i.id AND a.layer = 'severity'
        AND a.valid_to IS NULL AND NOT a.suppressed) AS severity,
    (SELECT group_concat(a.label, ' ') FROM annotation a WHERE a.item = i.id AND a.layer = 'topic'
        AND a.valid_to IS NULL AND NOT a.suppressed) AS topics
FROM item i;
CREATE VIEW v_tags AS               -- one row per tag that holds; persons are left out
SELECT i.item_id, i.published_at, trim(i.markets) AS markets, i.lens, i.outlet, i.publisher, a.layer, a.label, a.target,
    a.score, a.annotator, a.valid_from,
    CASE WHEN a.layer = 'entity' THEN a.text ELSE '' END AS name
FROM annotation a JOIN item i ON i.id = a.item
WHERE a.valid_to IS NULL AND NOT a.suppressed AND NOT (a.layer = 'entity' AND a.label = 'PER');
CREATE VIEW v_topics AS             -- per day and market: items and independent publishers
SELECT substr(i.published_at, 1, 10) AS day, trim(i.markets) AS markets, a.label AS topic, count(DISTINCT i.id) AS items,
    count(DISTINCT i.publisher) AS publishers
FROM annotation a JOIN item i ON i.id = a.item
WHERE a.layer = 'topic' AND a.valid_to IS NULL AND NOT a.suppressed AND i.copy_of IS NULL AND i.state = 'live'
GROUP BY day, i.markets, a.label;
CREATE VIEW v_stories AS
SELECT s.story_id, CASE WHEN EXISTS ({SENSITIVE} AND a.item IN (SELECT m.item FROM membership m
        WHERE m.story_id = s.story_id AND m.valid_to IS NULL)) THEN '[folded: sensitive]' ELSE s.title END AS title,
    s.language, s.state, s.opened_at, s.changed_at,
    (SELECT count(*) FROM membership m WHERE m.story_id = s.story_id AND m.valid_to IS NULL) AS items,
    (SELECT count(DISTINCT i.publisher) FROM membership m JOIN item i ON i.id = m.item
        WHERE m.story_id = s.story_id AND m.valid_to IS NULL) AS publishers
FROM story s WHERE s.valid_to IS NULL;
CREATE VIEW v_signals AS
SELECT signal_id, dimension, label, market, day, count, expected, upper, score, level, items, outlets, muted
FROM signal WHERE valid_to IS NULL;
CREATE VIEW v_incidents AS
SELECT incident_id, title, market, severity, state, opened_at, due_at, acknowledged_at, tlp, version
FROM incident WHERE valid_to IS NULL;
CREATE VIEW v_sources AS
SELECT source_id, name, kind, language, trim(markets) AS markets, lens, category, tier, publisher, enabled, grade, added_at,
    retired_at, paused_at, pause_reason, next_due FROM source;
CREATE VIEW v_visits AS
SELECT source_id, started_at, finished_at, outcome, reason, status, requests, not_modified, octets, entries, fresh, pages,
    pages_failed, new_items FROM visit;
CREATE VIEW v_digests AS
SELECT digest_id, market, day, edition, language, kept_at FROM digest_run;
CREATE VIEW v_numbers AS
SELECT digest_id, 'Q' || mark AS mark, query, sql, parameters, as_of, CASE WHEN length(value) <= 200 THEN value ELSE '' END
    AS value, sha256 FROM digest_number;
"""
PUBLIC_VIEWS = (
    "v_items", "v_tags", "v_topics", "v_stories", "v_signals", "v_incidents", "v_sources", "v_visits", "v_digests",
    "v_numbers",
)  # fmt: skip
"""What may be shown to everyone who may read; tables may not."""


PEOPLE = """
CREATE TABLE account (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    created_at TEXT NOT NULL,
    display TEXT NOT NULL,
    password_hash TEXT NOT NULL,    -- '' for those who sign in elsewhere
    language TEXT NOT NULL,
    disabled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE session (
    secret_hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    until TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE token (
    token_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,           -- JSON
    secret_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    expires_at TEXT                 -- NULL: stays
) WITHOUT ROWID;
CREATE TABLE attempt (
    who TEXT NOT NULL,              -- a hash of address or name
    at TEXT NOT NULL
);
CREATE INDEX attempt_who ON attempt (who, at);
CREATE TABLE exposure (
    name TEXT NOT NULL,
    item_id TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX exposure_name ON exposure (name, at);
CREATE TABLE outside_count (
    series TEXT NOT NULL,
    market TEXT NOT NULL,
    day TEXT NOT NULL,
    value REAL NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (series, market, day)
) WITHOUT ROWID;
"""


NAMED = """
CREATE TABLE digest_item (          -- which issues name an item, so that a withdrawn one can be taken out of them
    item_id TEXT NOT NULL,
    digest_id TEXT NOT NULL,
    PRIMARY KEY (item_id, digest_id)
) WITHOUT ROWID;
"""


MILESTONES = """
CREATE TABLE milestone (            -- what happened in the world on a day: a law, a launch; marked on every trend chart
    milestone_id TEXT PRIMARY KEY,
    market TEXT NOT NULL,           -- '' concerns all
    day TEXT NOT NULL,
    text TEXT NOT NULL,
    by TEXT NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX milestone_day ON milestone (day);
"""


REMARKS = """
CREATE TABLE remark (               -- what analysts wrote for the issues of a market's day; rows are only added
    id INTEGER PRIMARY KEY,
    market TEXT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,          -- a story or an item; '' for the day as a whole
    language TEXT NOT NULL,         -- '' for what is the same in all
    text TEXT NOT NULL,             -- '' takes back what was said
    by TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX remark_day ON remark (market, day, id);
CREATE TRIGGER remark_is_final BEFORE UPDATE ON remark BEGIN
    SELECT RAISE(ABORT, 'what analysts wrote is append-only');
END;
CREATE TRIGGER remark_stays BEFORE DELETE ON remark BEGIN
    SELECT RAISE(ABORT, 'what analysts wrote is append-only');
END;
"""

# The views once more. A copy is folded like its representative, an item that nobody has read yet stays folded, denied texts
# are not shown, stories of posts alone have no title, and TLP:RED is for those it names.
_FOLDED = f"""CASE WHEN i.lens = 'user' THEN '[withheld: user post]' WHEN i.rights = 'deny' THEN '[withheld: not ours to show]'
         WHEN NOT EXISTS (SELECT 1 FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id) AND a.layer = 'severity'
            AND a.valid_to IS NULL) THEN '[folded: not read yet]'
         WHEN EXISTS ({SENSITIVE} AND a.item = coalesce(i.copy_of, i.id)) THEN '[folded: sensitive]'"""
_MEMBERS = "membership m JOIN item i ON i.id = m.item WHERE m.story_id = s.story_id AND m.valid_to IS NULL"
SHIELDED = f"""
DROP VIEW v_items;
DROP VIEW v_tags;
DROP VIEW v_stories;
DROP VIEW v_incidents;
CREATE VIEW v_items AS
SELECT i.item_id, i.published_at, i.updated_at, i.first_seen_at, i.language, trim(i.markets) AS markets, i.lens, i.kind,
    i.category, i.tier, i.outlet, i.publisher, i.source_id, i.platform, i.state,
    (SELECT r.item_id FROM item r WHERE r.id = i.copy_of) AS copy_of,
    {_FOLDED} ELSE (SELECT t.title FROM item_text t WHERE t.id = i.id) END AS title,
    CASE WHEN i.lens = 'user' THEN '' ELSE i.url END AS url,
    (SELECT max(CAST(a.label AS INTEGER)) FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id) AND a.layer = 'severity'
        AND a.valid_to IS NULL AND NOT a.suppressed) AS severity,
    (SELECT group_concat(a.label, ' ') FROM annotation a WHERE a.item = coalesce(i.copy_of, i.id) AND a.layer = 'topic'
        AND a.valid_to IS NULL AND NOT a.suppressed) AS topics
FROM item i;
CREATE VIEW v_tags AS
SELECT i.item_id, i.published_at, trim(i.markets) AS markets, i.lens, i.outlet, i.publisher, a.layer, a.label, a.target,
    a.score, a.annotator, a.valid_from,
    CASE WHEN a.layer = 'entity' AND i.lens <> 'user' THEN a.text ELSE '' END AS name
FROM annotation a JOIN item i ON i.id = a.item
WHERE a.valid_to IS NULL AND NOT a.suppressed AND NOT (a.layer = 'entity' AND a.label = 'PER');
CREATE VIEW v_stories AS
SELECT s.story_id,
    CASE WHEN EXISTS ({SENSITIVE} AND a.item IN (SELECT m.item FROM membership m
            WHERE m.story_id = s.story_id AND m.valid_to IS NULL)) THEN '[folded: sensitive]'
         WHEN NOT EXISTS (SELECT 1 FROM {_MEMBERS} AND i.lens <> 'user' AND i.rights <> 'deny') THEN '[withheld: user posts]'
         ELSE s.title END AS title,
    s.language, s.state, s.opened_at, s.changed_at,
    (SELECT count(*) FROM membership m WHERE m.story_id = s.story_id AND m.valid_to IS NULL) AS items,
    (SELECT count(DISTINCT i.publisher) FROM {_MEMBERS}) AS publishers
FROM story s WHERE s.valid_to IS NULL;
CREATE VIEW v_incidents AS
SELECT incident_id, CASE WHEN tlp = 'RED' THEN '[withheld: TLP:RED]' ELSE title END AS title, market, severity, state, opened_at,
    due_at, acknowledged_at, tlp, version
FROM incident WHERE valid_to IS NULL;
"""

# And once more: every topic that is covered anywhere is folded here too, and of a figure the value alone, never its rows.
COVERED = SENSITIVE.replace(
    "'violent_graphic_content'",
    "'violent_graphic_content', 'adult_sexual_content', 'extremism_terrorism', 'hate_discrimination'",
)
COVERED_VIEWS = (
    SHIELDED.replace(SENSITIVE, COVERED)
    + """
DROP VIEW v_numbers;
CREATE VIEW v_numbers AS
SELECT digest_id, 'Q' || mark AS mark, query, sql, parameters, as_of,
    CASE WHEN substr(value, 1, 1) IN ('[', '{') THEN '' ELSE value END AS value, sha256 FROM digest_number;
"""
)

# Names of persons that earlier readings kept: the annotators read again and name those on the list.
UNNAMED = "UPDATE annotation SET text = '', suppressed = 1 WHERE layer = 'entity' AND label = 'PER';"


RECHECKS = """
CREATE TABLE recheck (              -- items that are asked for again at their source
    id INTEGER PRIMARY KEY,         -- item.id
    due_at TEXT,                    -- NULL: not again
    missed_at TEXT,                 -- since when it answers 404; NULL: it does not
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT ''
);
CREATE INDEX recheck_due ON recheck (due_at) WHERE due_at IS NOT NULL;      -- due_rechecks
INSERT INTO recheck (id, due_at) SELECT id, first_seen_at FROM item WHERE state = 'live';
"""


SPENDING = """
CREATE TABLE spending (
    account TEXT NOT NULL,          -- a source, or a key that several sources share; ' / query' for a part of it
    period TEXT NOT NULL,           -- a day (2026-11-28) or month (2026-11)
    spent INTEGER NOT NULL,         -- in the unit of the source's kind
    PRIMARY KEY (account, period)
) WITHOUT ROWID;
"""


ALARMS = """
CREATE TABLE alarm (                -- what was wrong with the service itself, and since when until when
    alarm TEXT NOT NULL,            -- rule:subject
    raised_at TEXT NOT NULL,
    cleared_at TEXT,                -- NULL while it stands
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    remedy TEXT NOT NULL,
    PRIMARY KEY (alarm, raised_at)
) WITHOUT ROWID;
CREATE UNIQUE INDEX alarm_stands ON alarm (alarm) WHERE cleared_at IS NULL;     -- one at a time
"""


SHELF = """
CREATE TABLE shelf (                -- what an encoder made of a passage, so that a new layer above it reads fast
    id INTEGER PRIMARY KEY,         -- the oldest go first
    encoder TEXT NOT NULL,
    key TEXT NOT NULL,              -- hash of the passage
    item_id TEXT NOT NULL,          -- whose passage: it goes when the item's words go
    octets BLOB NOT NULL,           -- little-endian float32
    UNIQUE (encoder, key)
);
CREATE INDEX shelf_item ON shelf (item_id);
"""


DAY_COUNTS = """
CREATE TABLE hour_change (
    hour TEXT PRIMARY KEY,          -- its first moment; of publication, not of the change
    changes INTEGER NOT NULL        -- how often items published then, their copies or their tags changed
) WITHOUT ROWID;
CREATE TABLE day_counted (
    start TEXT NOT NULL,            -- a local day's first moment
    stop TEXT NOT NULL,             -- the next day's
    changes INTEGER NOT NULL,       -- of its hours when it was counted; a count holds while that is still so
    PRIMARY KEY (start, stop)
) WITHOUT ROWID;
CREATE TABLE day_count (
    market TEXT NOT NULL,           -- a code, DACH or ALL
    layer TEXT NOT NULL,
    start TEXT NOT NULL,
    stop TEXT NOT NULL,
    counts TEXT NOT NULL,           -- JSON; see storage.sqlite.day_counts
    PRIMARY KEY (market, layer, start, stop)
) WITHOUT ROWID;
CREATE INDEX day_count_day ON day_count (start, stop);      -- a day is replaced as a whole
CREATE INDEX annotation_relevant ON annotation (item)       -- search without words
    WHERE layer = 'relevance' AND label = 'relevant' AND valid_to IS NULL AND suppressed = 0;
CREATE INDEX annotation_name ON annotation (text) WHERE layer = 'entity' AND valid_to IS NULL AND suppressed = 0;
CREATE INDEX annotation_named ON annotation (target)        -- search by a name, or by whom it means
    WHERE layer = 'entity' AND valid_to IS NULL AND suppressed = 0 AND target <> '';
CREATE INDEX visit_of_source ON visit (source_id, finished_at, outcome);    -- who reported on a day
"""


# The tags of all topics in the order of their items, from an index of these alone: a third of the time.
TOPICS_OF_DAYS = """
CREATE INDEX annotation_topic ON annotation (item, label) WHERE layer = 'topic' AND valid_to IS NULL AND suppressed = 0;
DROP VIEW v_topics;
CREATE VIEW v_topics AS             -- per day and market: items and independent publishers
SELECT substr(i.published_at, 1, 10) AS day, trim(i.markets) AS markets, a.label AS topic, count(*) AS items,
    count(DISTINCT i.publisher) AS publishers
FROM (SELECT DISTINCT item, label FROM annotation WHERE layer = 'topic' AND valid_to IS NULL AND suppressed = 0) a
    CROSS JOIN item i ON i.id = a.item
WHERE i.copy_of IS NULL AND i.state = 'live'
GROUP BY day, i.markets, a.label;
"""


@migrations()
def m001_sources(db: Database) -> None:
    _script(db, SOURCES)


@migrations()
def m002_items(db: Database) -> None:
    _script(db, ITEMS)


@migrations()
def m003_full_text(db: Database) -> None:
    _script(db, FULL_TEXT)


@migrations()
def m004_readings(db: Database) -> None:
    _script(db, READINGS)


@migrations()
def m005_decisions(db: Database) -> None:
    _script(db, DECISIONS)


@migrations()
def m006_issues(db: Database) -> None:
    _script(db, ISSUES)


@migrations()
def m007_pauses(db: Database) -> None:
    _script(db, PAUSES)


@migrations()
def m008_views(db: Database) -> None:
    _script(db, VIEWS)


@migrations()
def m009_people(db: Database) -> None:
    _script(db, PEOPLE)


@migrations()
def m010_named(db: Database) -> None:
    _script(db, NAMED)


@migrations()
def m011_remarks(db: Database) -> None:
    _script(db, REMARKS)


@migrations()
def m012_rechecks(db: Database) -> None:
    _script(db, RECHECKS)


@migrations()
def m013_spending(db: Database) -> None:
    _script(db, SPENDING)


@migrations()
def m014_alarms(db: Database) -> None:
    _script(db, ALARMS)


@migrations()
def m015_milestones(db: Database) -> None:
    _script(db, MILESTONES)


@migrations()
def m016_shielded(db: Database) -> None:
    _script(db, SHIELDED)


@migrations()
def m017_shelf(db: Database) -> None:
    _script(db, SHELF)


@migrations()
def m018_covered_views(db: Database) -> None:
    _script(db, COVERED_VIEWS)


@migrations()
def m019_unnamed(db: Database) -> None:
    _script(db, UNNAMED)


@migrations()
def m020_day_counts(db: Database) -> None:
    _script(db, DAY_COUNTS)


@migrations()
def m021_topics_of_days(db: Database) -> None:
    _script(db, TOPICS_OF_DAYS)


def _script(db: Database, script: str) -> None:
    """Runs the statements one by one: `executescript` would end the surrounding transaction."""
    import sqlite3

    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""

"""The named questions behind every figure of a digest, as SQL with bound parameters.

Each is asked as of a moment: items first seen later, tags and memberships that did not hold then, and later versions
of a headline stay out, so that the same question as of the same moment has the same answer for ever.
`docs/archive.md` lists names, parameters and columns.

In all of them `i` is an item, `r` the representative it is a copy of (itself, if it is none), `a` an annotation of the
representative, `m` a membership, `s` a story. Three counts: *items* counts every article unless said otherwise, *outlets*
their outlets, *publishers* the publishers of the representatives: a wire report on thirty sites is one voice.
"""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """A named question. `lists` are the columns that hold JSON; `shape` is what the answer is: one value, one row as
    an object, or a list of such objects."""

    sql: str
    lists: tuple[str, ...] = ()
    shape: Literal["value", "row", "rows"] = "rows"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names that must be given; `as_of` is always."""
        return tuple(dict.fromkeys(re.findall(r"(?<!:):([a-z_]+)", self.sql)))


# --- parts ---------------------------------------------------------------------------------------

# Items of a market: '' or ALL is every market, DACH its three. `i` is an item or a source.
IN_MARKET = """(:market IN ('', 'ALL') OR instr(i.markets, ' ' || :market || ' ') > 0
    OR :market = 'DACH' AND (instr(i.markets, ' DE ') > 0 OR instr(i.markets, ' AT ') > 0 OR instr(i.markets, ' CH ') > 0))"""

SEEN = "i.first_seen_at <= :as_of AND (i.gone_at IS NULL OR i.gone_at > :as_of)"

WINDOW = f"i.published_at >= :since AND i.published_at < :until AND {IN_MARKET} AND {SEEN}"

# The order of a join is ours: the window first, by its index, then everything by id.
VOICE = "CROSS JOIN item r ON r.id = coalesce(i.copy_of, i.id)"


def held(row: str) -> str:
    """Whether a row with valid_from and valid_to held at the moment asked for."""
    return f"{row}.valid_from <= :as_of AND ({row}.valid_to IS NULL OR {row}.valid_to > :as_of)"


def tagged(layer: str, alias: str = "a", item: str = "r.id") -> str:
    """A join to the annotations of one layer."""
    return (
        f"CROSS JOIN annotation {alias} ON {alias}.item = {item} AND {alias}.layer = {layer}"
        f" AND {held(alias)} AND {alias}.suppressed = 0"
    )


def is_tagged(layer: str, label: str, item: str = "r.id") -> str:
    """Whether the item carries the label."""
    return (
        f"EXISTS (SELECT 1 FROM annotation e WHERE e.item = {item} AND e.layer = '{layer}' AND e.label = {label}"
        f" AND {held('e')} AND e.suppressed = 0)"
    )


RELEVANT = is_tagged("relevance", "'relevant'")

# An item's words as they stood at the moment asked for.
# A post has neither headline nor lead: its text begins where a lead would.
OPENING = "CASE WHEN {row}.lead = '' AND i.kind <> 'article' THEN {row}.body ELSE {row}.lead END"
TITLE, LEAD = (
    f"""coalesce((SELECT {column.format(row="v")} FROM item_version v WHERE v.id = i.id AND v.valid_from <= :as_of
        AND v.valid_to > :as_of), (SELECT {column.format(row="t")} FROM item_text t WHERE t.id = i.id), '')"""
    for column in ("{row}.title", OPENING)
)
LEAD_SHOWN = 600
"""More of a lead than this is nobody's quotation."""

SEVERITY = f"""coalesce((SELECT max(CAST(e.label AS INTEGER)) FROM annotation e WHERE e.item = r.id
    AND e.layer = 'severity' AND {held("e")} AND e.suppressed = 0), 0)"""
TOPICS = f"""(SELECT json_group_array(label) FROM (SELECT DISTINCT e.label FROM annotation e WHERE e.item = r.id
    AND e.layer = 'topic' AND {held("e")} AND e.suppressed = 0 ORDER BY e.label) AS listed)"""
STORY_OF = f"coalesce((SELECT m.story_id FROM membership m WHERE m.item = r.id AND {held('m')}), '')"

REPORT = f"""i.item_id, i.url, {TITLE} AS title, i.outlet, i.published_at, substr({LEAD}, 1, {LEAD_SHOWN}) AS lead,
    r.publisher, coalesce((SELECT substr(x.markets, 2, instr(substr(x.markets, 2), ' ') - 1) FROM source x
        WHERE x.source_id = i.source_id), '') AS country,
    i.language, i.tier, i.lens, i.kind, CASE CAST(json_extract(nullif(i.more, ''), '$.paywalled') AS TEXT) WHEN '1' THEN 1 WHEN '0' THEN 0 END AS paywalled, i.rights,
    coalesce((SELECT x.grade FROM source x WHERE x.source_id = i.source_id), 'F') AS grade,
    {TOPICS} AS topics, {SEVERITY} AS severity, {STORY_OF} AS story_id, CASE WHEN i.copy_of IS NULL THEN 0 ELSE 1 END AS is_copy"""

# --- how much was read ---------------------------------------------------------------------------

ITEMS_COUNT = f"SELECT count(*) FROM item i WHERE {WINDOW}"

# All that was read, copies counted once, and how much of it is relevant.
VOLUME = f"""
SELECT count(DISTINCT r.id) AS items, count(DISTINCT CASE WHEN {RELEVANT} THEN r.id END) AS relevant,
       count(DISTINCT i.outlet) AS outlets, count(DISTINCT r.publisher) AS publishers, count(*) AS articles
FROM item i {VOICE} WHERE {WINDOW}
"""

LANGUAGES = f"""
SELECT i.language, count(*) AS items FROM item i WHERE {WINDOW} AND i.copy_of IS NULL
GROUP BY i.language ORDER BY items DESC, i.language
"""

# Per local day: all representatives, the relevant ones, and the publishers of the relevant ones.
# `days` is a JSON list of [day, first moment, next day's first moment].
DAILY = f"""
SELECT d.value ->> '$[0]' AS day, count(DISTINCT r.id) AS items,
       count(DISTINCT CASE WHEN {RELEVANT} THEN r.id END) AS relevant,
       count(DISTINCT CASE WHEN {RELEVANT} THEN r.publisher END) AS publishers
FROM json_each(:days) d
LEFT JOIN item i ON i.published_at >= d.value ->> '$[1]' AND i.published_at < d.value ->> '$[2]'
    AND {IN_MARKET} AND {SEEN}
LEFT JOIN item r ON r.id = coalesce(i.copy_of, i.id)
GROUP BY day ORDER BY day
"""

# The same for each label of a layer (topic, platform, feature).
DAILY_BY_LABEL = f"""
SELECT a.label, d.value ->> '$[0]' AS day, count(DISTINCT r.id) AS items, count(DISTINCT r.publisher) AS publishers
FROM json_each(:days) d
CROSS JOIN item i ON i.published_at >= d.value ->> '$[1]' AND i.published_at < d.value ->> '$[2]'
    AND {IN_MARKET} AND {SEEN}
{VOICE} {tagged(":layer")}
WHERE {RELEVANT}
GROUP BY a.label, day ORDER BY a.label, day
"""

# --- risks, features, lenses ---------------------------------------------------------------------

BY_LABEL = f"""
SELECT a.label, count(DISTINCT r.publisher) AS publishers, count(DISTINCT i.outlet) AS outlets,
       count(DISTINCT r.id) AS items
FROM item i {VOICE} {tagged("LAYER")}
WHERE {WINDOW} AND {RELEVANT}
GROUP BY a.label ORDER BY publishers DESC, items DESC, a.label
"""

# Independent publishers a day over the days before: what is usual. `day_count` is the number of days from since to until.
USUAL_BY_LABEL = f"""
SELECT label, sum(publishers) * 1.0 / :day_count AS publishers_a_day, sum(items) * 1.0 / :day_count AS items_a_day
FROM (
    SELECT a.label, substr(i.published_at, 1, 10) AS day, count(DISTINCT r.publisher) AS publishers,
           count(DISTINCT r.id) AS items
    FROM item i {VOICE} {tagged(":layer")}
    WHERE {WINDOW} AND {RELEVANT}
    GROUP BY a.label, day
) AS by_day GROUP BY label ORDER BY label
"""

CELLS = f"""
SELECT a.label AS topic, f.label AS feature, count(DISTINCT r.id) AS items, count(DISTINCT r.publisher) AS publishers
FROM item i {VOICE} {tagged("'topic'")} {tagged("'feature'", "f")}
WHERE {WINDOW} AND {RELEVANT}
GROUP BY a.label, f.label ORDER BY items DESC, topic, feature
"""

# Articles that take a stance toward a named platform, by whose voice it is; copies count once per lens.
LENSES = f"""
SELECT i.lens, count(DISTINCT r.id) AS n,
       count(DISTINCT CASE WHEN a.label = 'critical' THEN r.id END) AS critical,
       count(DISTINCT CASE WHEN a.label = 'supportive' THEN r.id END) AS supportive
FROM item i {VOICE} {tagged("'perception'")}
WHERE {WINDOW} AND {RELEVANT}
GROUP BY i.lens ORDER BY i.lens
"""

LENSES_BY_PLATFORM = f"""
SELECT a.target AS platform, i.lens, count(DISTINCT r.id) AS n,
       count(DISTINCT CASE WHEN a.label = 'critical' THEN r.id END) AS critical
FROM item i {VOICE} {tagged("'perception'")}
WHERE {WINDOW} AND {RELEVANT} AND a.target <> ''
GROUP BY a.target, i.lens ORDER BY n DESC, platform, i.lens
"""

ENTITIES = f"""
SELECT a.text AS name, a.label AS kind, max(a.target) AS target, count(DISTINCT r.id) AS items,
       count(DISTINCT r.publisher) AS publishers
FROM item i {VOICE} {tagged("'entity'")}
WHERE {WINDOW} AND {RELEVANT}
GROUP BY a.text, a.label ORDER BY publishers DESC, items DESC, name, kind LIMIT :most
"""

# Items that name a place: all of them (region ''), by region (name ''), and by region and name.
# `places` is a JSON list of [region, name as it is written]. Names that hold now, by their index: a period's rows are many,
# those that name a listed place are few.
PLACES = f"""
WITH place AS MATERIALIZED (
    SELECT d.value ->> '$[0]' AS region, d.value ->> '$[1]' AS name FROM json_each(:places) d
), hit AS MATERIALIZED (
    SELECT DISTINCT p.region, p.name, r.id, r.publisher
    FROM place p CROSS JOIN annotation a ON a.text = p.name AND a.layer = 'entity' AND a.label = 'LOC'
        AND a.valid_to IS NULL AND a.suppressed = 0 AND a.valid_from <= :as_of
    CROSS JOIN item r ON r.id = a.item
    WHERE {RELEVANT} AND (EXISTS (SELECT 1 FROM item i WHERE i.id = r.id AND {WINDOW})
        OR EXISTS (SELECT 1 FROM item i WHERE i.copy_of = r.id AND {WINDOW}))
)
SELECT '' AS region, '' AS name, count(DISTINCT id) AS items, count(DISTINCT publisher) AS publishers FROM hit
UNION ALL SELECT region, '' AS name, count(DISTINCT id) AS items, count(DISTINCT publisher) AS publishers
FROM hit GROUP BY region
UNION ALL SELECT region, name, count(DISTINCT id) AS items, count(DISTINCT publisher) AS publishers
FROM hit GROUP BY region, name
ORDER BY region, items DESC, name
"""

# --- items ---------------------------------------------------------------------------------------

# The items behind a figure; '' leaves a restriction out.
ITEMS = f"""
SELECT {REPORT} FROM item i {VOICE}
WHERE {WINDOW} AND i.copy_of IS NULL AND {RELEVANT}
  AND (:topic = '' OR {is_tagged("topic", ":topic")}) AND (:feature = '' OR {is_tagged("feature", ":feature")})
  AND (:platform = '' OR {is_tagged("platform", ":platform")}) AND (:lens = '' OR i.lens = :lens)
ORDER BY severity DESC, i.tier, i.published_at DESC, i.item_id LIMIT :most
"""

# Items by their ids, oldest first. `items` is a JSON list of ids.
REPORTS = f"""
SELECT {REPORT}, i.first_seen_at FROM json_each(:items) j CROSS JOIN item i ON i.item_id = j.value {VOICE}
WHERE {SEEN} ORDER BY i.published_at, i.item_id
"""

REGULATOR = f"""
SELECT {REPORT} FROM item i {VOICE}
WHERE {WINDOW} AND i.copy_of IS NULL AND i.lens = 'regulator'
ORDER BY {RELEVANT} DESC, severity DESC, i.published_at DESC, i.item_id LIMIT :most
"""

# Severe items that one newsroom alone reports: alone in their story, or in none.
SINGLES = f"""
SELECT {REPORT} FROM item i {VOICE}
WHERE {WINDOW} AND i.copy_of IS NULL AND {RELEVANT} AND {SEVERITY} >= :min_severity AND NOT EXISTS (
    SELECT 1 FROM membership m CROSS JOIN membership o ON o.story_id = m.story_id AND {held("o")}
    CROSS JOIN item y ON y.id = o.item
    WHERE m.item = r.id AND {held("m")} AND y.publisher <> r.publisher AND y.first_seen_at <= :as_of
)
ORDER BY severity DESC, i.tier, i.published_at DESC, i.item_id LIMIT :most
"""

# Headlines that changed and items that were withdrawn after we had them.
CORRECTIONS = f"""
SELECT i.item_id AS item_id, i.url, i.outlet, 'headline' AS kind, o.title AS old, {TITLE} AS new, o.valid_to AS at,
       i.language, {STORY_OF} AS story_id, i.rights, {TOPICS} AS topics
FROM item_version o CROSS JOIN item i ON i.id = o.id {VOICE}
WHERE o.valid_to > :since AND o.valid_to <= :until AND o.valid_to <= :as_of AND {IN_MARKET} AND {SEEN}
  AND i.copy_of IS NULL AND {RELEVANT} AND o.title <> {TITLE} AND NOT EXISTS (
    SELECT 1 FROM item_version n WHERE n.id = o.id AND n.valid_to > o.valid_to AND n.valid_to <= :until
      AND n.valid_to <= :as_of)
UNION ALL
SELECT i.item_id, i.url, i.outlet, 'withdrawn', '', '', i.gone_at, i.language, {STORY_OF}, i.rights, {TOPICS}
FROM item i {VOICE}
WHERE i.gone_at > :since AND i.gone_at <= :until AND i.gone_at <= :as_of AND {IN_MARKET}
  AND i.state IN ('deleted', 'gone', 'withdrawn') AND i.lens <> 'user' AND i.first_seen_at <= :as_of
ORDER BY at, item_id LIMIT :most
"""

# --- stories -------------------------------------------------------------------------------------

# Stories with a relevant report of the market in the window; all counts are over the market's reports. Mentions and tags are
# looked up by OR and IN: for a plain equality SQLite would first read the whole table into a Bloom filter.
STORIES = f"""
WITH touched AS MATERIALIZED (
    SELECT DISTINCT m.story_id FROM item i {VOICE}
    CROSS JOIN membership m ON m.item = r.id AND {held("m")}
    WHERE {WINDOW} AND {RELEVANT}
), voice AS MATERIALIZED (
    SELECT t.story_id, m.item AS id FROM touched t CROSS JOIN membership m ON m.story_id = t.story_id AND {held("m")}
), part AS MATERIALIZED (
    SELECT v.story_id, r.id AS voice, r.publisher AS newsroom, i.outlet, i.published_at, i.first_seen_at, i.tier,
           i.lens, i.markets
    FROM voice v CROSS JOIN item r ON r.id = v.id CROSS JOIN item i ON i.id = r.id OR i.copy_of = r.id
    WHERE {IN_MARKET} AND {SEEN} AND i.published_at < :until
), counted AS MATERIALIZED (
    SELECT story_id, min(published_at) AS first_published, min(first_seen_at) AS first_seen,
        max(published_at) AS last_change, count(*) AS items, count(DISTINCT outlet) AS outlets,
        count(DISTINCT newsroom) AS publishers, count(*) FILTER (WHERE published_at >= :since) AS items_now,
        count(DISTINCT CASE WHEN published_at >= :since THEN newsroom END) AS publishers_now,
        count(DISTINCT CASE WHEN published_at < :since AND published_at >= :before THEN newsroom END)
            AS publishers_before,
        max(CASE WHEN published_at < :since THEN published_at END) AS previous_at, min(tier) AS tier
    FROM part GROUP BY story_id
), tag AS MATERIALIZED (
    SELECT v.story_id, a.layer, a.label, count(*) AS times,
        max(CASE WHEN a.layer = 'severity' THEN a.text ELSE '' END) AS who FROM voice v
    CROSS JOIN annotation a ON a.id IN (SELECT e.id FROM annotation e WHERE e.item = v.id
        AND e.layer IN ('topic', 'feature', 'platform', 'severity') AND {held("e")} AND e.suppressed = 0)
    GROUP BY v.story_id, a.layer, a.label
), tags AS MATERIALIZED (
    SELECT story_id, max(CASE WHEN layer = 'severity' THEN CAST(label AS INTEGER) END) AS severity,
        max(who) AS severity_by,
        json_group_array(label) FILTER (WHERE layer = 'topic') AS topics,
        json_group_array(label) FILTER (WHERE layer = 'feature') AS features,
        json_group_array(label) FILTER (WHERE layer = 'platform') AS platforms
    FROM (SELECT * FROM tag ORDER BY story_id, layer, times DESC, label) AS ordered GROUP BY story_id
), best AS MATERIALIZED (
    SELECT s.story_id AS id, s.title, s.language, s.state, s.pinned, c.first_published, c.first_seen, c.last_change,
        c.items, c.outlets, c.publishers, c.items_now, c.publishers_now, c.publishers_before, c.previous_at, c.tier,
        coalesce(g.severity, 0) AS severity, coalesce(g.severity_by, '') AS severity_by, g.topics, g.features, g.platforms
    FROM counted c CROSS JOIN story s ON s.story_id = c.story_id AND {held("s")}
    LEFT JOIN tags g ON g.story_id = c.story_id
    ORDER BY severity DESC, c.publishers_now DESC, c.tier, c.last_change DESC, s.story_id LIMIT :most
)
SELECT b.*,
    (SELECT json_group_array(lens) FROM (SELECT DISTINCT lens FROM part p WHERE p.story_id = b.id ORDER BY lens) AS listed)
        AS lenses,
    (SELECT json_group_array(code) FROM (SELECT DISTINCT trim(p.markets) AS code FROM part p
        WHERE p.story_id = b.id ORDER BY code) AS listed) AS markets
FROM best b ORDER BY b.severity DESC, b.publishers_now DESC, b.tier, b.last_change DESC, b.id
"""

# The reports of some stories, best first: representatives before copies, higher tiers, earlier ones.
# `stories` is a JSON list of ids.
STORY_REPORTS = f"""
SELECT * FROM (
    SELECT m.story_id AS story, {REPORT},
        row_number() OVER (PARTITION BY m.story_id ORDER BY i.copy_of IS NOT NULL, i.tier, i.published_at, i.item_id)
            AS place
    FROM json_each(:stories) j CROSS JOIN membership m ON m.story_id = j.value AND {held("m")}
    CROSS JOIN item r ON r.id = m.item CROSS JOIN item i ON i.id = r.id OR i.copy_of = r.id
    WHERE {IN_MARKET} AND {SEEN} AND i.published_at < :until
) AS placed WHERE place <= :most ORDER BY story, place
"""

# Every story with reports in the window or the one before, and what became of it.
STORY_CHANGES = f"""
WITH part AS MATERIALIZED (
    SELECT m.story_id, r.publisher AS newsroom, i.published_at >= :since AS now
    FROM item i {VOICE} CROSS JOIN membership m ON m.item = r.id AND {held("m")}
    WHERE i.published_at >= :before AND i.published_at < :until AND {IN_MARKET} AND {SEEN} AND {RELEVANT}
), counted AS MATERIALIZED (
    SELECT story_id, count(DISTINCT CASE WHEN now THEN newsroom END) AS publishers_now,
        count(DISTINCT CASE WHEN NOT now THEN newsroom END) AS publishers_before
    FROM part GROUP BY story_id
)
SELECT s.story_id AS id, s.title, s.language, c.publishers_now, c.publishers_before, s.state,
    (SELECT json_group_array(label) FROM (SELECT DISTINCT e.label FROM membership m CROSS JOIN annotation e
        ON e.item = m.item AND e.layer = 'topic' AND {held("e")} AND e.suppressed = 0
        WHERE m.story_id = s.story_id AND {held("m")} ORDER BY e.label) AS listed) AS topics,
    CASE WHEN s.state = 'closed' AND s.changed_at >= :since THEN 'closed'
         WHEN s.opened_at >= :since THEN 'new'
         WHEN c.publishers_before = 0 THEN 'reopened'
         WHEN c.publishers_now > c.publishers_before THEN 'grew'
         WHEN c.publishers_now < c.publishers_before THEN 'shrank' ELSE 'same' END AS change
FROM counted c CROSS JOIN story s ON s.story_id = c.story_id AND {held("s")}
ORDER BY change, c.publishers_now DESC, s.story_id
"""

# One line per report of some stories in order of time, for spread charts and story strips.
STORY_SPREAD = f"""
SELECT m.story_id AS story, i.published_at, i.first_seen_at, r.publisher, i.outlet, i.item_id, i.lens, i.markets,
    CASE WHEN i.copy_of IS NULL THEN 0 ELSE 1 END AS is_copy
FROM json_each(:stories) j CROSS JOIN membership m ON m.story_id = j.value AND {held("m")}
CROSS JOIN item i ON i.id = m.item {VOICE}
WHERE {SEEN}
ORDER BY story, i.published_at, i.item_id
"""

# --- sources -------------------------------------------------------------------------------------

# Every expected source with its latest outcome in the window, since when it has not reported, and its share (0..1) of
# the market's items from base_since to since.
SOURCES = f"""
WITH expected AS MATERIALIZED (
    SELECT i.* FROM source i WHERE {IN_MARKET} AND i.enabled = 1 AND i.added_at <= :as_of
      AND (i.retired_at IS NULL OR i.retired_at > :as_of)
), usual AS MATERIALIZED (
    SELECT i.source_id, count(*) AS items FROM item i
    WHERE i.published_at >= :base_since AND i.published_at < :since AND i.first_seen_at <= :as_of GROUP BY i.source_id
)
SELECT e.source_id AS id, e.name, e.lens, e.language, e.tier, e.kind,
    coalesce(v.outcome, CASE WHEN p.source_id IS NULL THEN 'skipped' ELSE 'paused' END) AS outcome,
    coalesce(v.reason, p.reason, '') AS reason, v.finished_at AS last_visit,
    (SELECT min(x.finished_at) FROM visit x WHERE x.source_id = e.source_id AND x.finished_at <= :as_of
        AND x.finished_at < :until AND x.finished_at > coalesce((
            SELECT max(y.finished_at) FROM visit y WHERE y.source_id = e.source_id AND y.finished_at <= :as_of
              AND y.finished_at < :until AND y.outcome IN ('ok', 'unchanged', 'empty')), '')) AS since,
    round(coalesce(u.items, 0) * 1.0 / max(1, (SELECT sum(w.items) FROM usual w JOIN expected USING (source_id))), 6)
        AS share
FROM expected e
LEFT JOIN visit v ON v.id = (SELECT x.id FROM visit x WHERE x.source_id = e.source_id AND x.finished_at >= :since
    AND x.finished_at < :until AND x.finished_at <= :as_of ORDER BY x.finished_at DESC, x.id DESC LIMIT 1)
LEFT JOIN source_pause p ON p.source_id = e.source_id AND {held("p")}
LEFT JOIN usual u ON u.source_id = e.source_id
ORDER BY e.source_id
"""

USUAL_DAYS = 28
"""A source's usual volume is its mean over so many days."""
LEAST_WEIGHT = 0.1
"""Items a day with which a source counts that has hardly published yet, so that its outage is not free."""

# Per local day the share of the market's usual volume carried by sources that reported. A source is expected from its
# first visit until it is paused or retired; one of a slow rhythm reports for a day when it did so within that rhythm.
# 1 where none was expected.
COVERAGE = f"""
WITH d AS MATERIALIZED (
    SELECT value ->> '$[0]' AS day, value ->> '$[1]' AS start, value ->> '$[2]' AS stop FROM json_each(:days)
), span AS MATERIALIZED (
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', min(start), '-{USUAL_DAYS} days') AS since, max(stop) AS until,
        {USUAL_DAYS} + count(*) AS days FROM d
), usual AS MATERIALIZED (
    USUAL
), expected AS MATERIALIZED (
    SELECT i.source_id, i.retired_at, i.added_at, max(0, 2 * i.interval_seconds - 86400) AS reach,
        (SELECT min(v.finished_at) FROM visit v WHERE v.source_id = i.source_id AND v.finished_at <= :as_of) AS begun,
        max({LEAST_WEIGHT}, coalesce(u.items, 0) * 1.0 / (SELECT days FROM span)) AS weight
    FROM source i LEFT JOIN usual u ON u.source_id = i.source_id WHERE {IN_MARKET} AND i.enabled = 1 AND i.added_at <= :as_of
), told AS MATERIALIZED (
    SELECT d.day, e.weight, CASE WHEN EXISTS (
        SELECT 1 FROM visit v WHERE v.source_id = e.source_id AND v.finished_at <= :as_of
          AND v.finished_at >= strftime('%Y-%m-%dT%H:%M:%fZ', d.start, '-' || e.reach || ' seconds')
          AND v.finished_at < d.stop AND v.outcome IN ('ok', 'unchanged', 'empty')) THEN 1 ELSE 0 END AS reported
    FROM d CROSS JOIN expected e
    WHERE e.begun < d.stop AND (e.retired_at IS NULL OR e.retired_at > d.start OR e.retired_at > :as_of) AND NOT EXISTS (
        SELECT 1 FROM source_pause p WHERE p.source_id = e.source_id AND p.valid_from <= d.start
          AND p.valid_from <= :as_of AND (p.valid_to IS NULL OR p.valid_to > d.start))
)
SELECT d.day, coalesce(round(sum(t.weight * t.reported) / sum(t.weight), 6), 1.0) AS share,
    count(t.day) AS expected, coalesce(sum(t.reported), 0) AS reported
FROM d LEFT JOIN told t USING (day) GROUP BY d.day ORDER BY d.day
"""
COVERAGE_DAILY = COVERAGE.replace(
    "USUAL",
    """SELECT x.source_id, count(*) AS items FROM item x WHERE x.published_at >= (SELECT since FROM span)
        AND x.published_at < (SELECT until FROM span) AND x.first_seen_at <= :as_of GROUP BY x.source_id""",
)
# The same with what is usual already counted: `usual` is a JSON object of items by source.
COVERAGE_OF_COUNTED = COVERAGE.replace(
    "USUAL", "SELECT u.key AS source_id, CAST(u.value AS INTEGER) AS items FROM json_each(:usual) u"
)

# --- signals, incidents, quality -----------------------------------------------------------------

# `first` and `last` are local days.
SIGNALS = f"""
SELECT i.signal_id AS id, i.dimension, i.label, i.market, i.day, i.count, i.expected, i.upper, i.score, i.p_value, i.level,
    i.items, i.outlets, i.reasons, i.muted, i.item_ids
FROM signal i
WHERE i.day BETWEEN :first AND :last AND {held("i")}
  AND (:market IN ('', 'ALL', i.market) OR :market = 'DACH' AND i.market IN ('DE', 'AT', 'CH'))
ORDER BY CASE i.level WHEN 'escalate' THEN 0 WHEN 'elevated' THEN 1 ELSE 2 END, i.score DESC, i.day, i.signal_id
"""

INCIDENTS = f"""
SELECT i.incident_id AS id, i.title, i.market, i.severity, i.state, i.opened_at, i.version, i.owner, i.due_at,
    i.acknowledged_at, i.audience, i.tlp, i.story_ids, i.signal_ids, i.item_ids
FROM incident i
WHERE {held("i")} AND i.state NOT IN ('closed', 'dismissed')
  AND (:market IN ('', 'ALL', i.market) OR :market = 'DACH' AND i.market IN ('DE', 'AT', 'CH'))
ORDER BY i.severity DESC, i.opened_at, i.incident_id
"""

# Incidents opened in the window and how they ended: dismissals are the false alarms.
OUTCOMES = f"""
SELECT i.incident_id AS id, i.title, i.market, i.severity, i.state, i.opened_at, i.acknowledged_at, i.owner
FROM incident i
WHERE {held("i")} AND i.opened_at >= :since AND i.opened_at < :until
  AND (:market IN ('', 'ALL', i.market) OR :market = 'DACH' AND i.market IN ('DE', 'AT', 'CH'))
ORDER BY i.opened_at, i.incident_id
"""

FALSE_ALARMS = f"""
SELECT count(*) FILTER (WHERE i.state = 'dismissed') AS dismissed, count(*) AS opened FROM incident i
WHERE {held("i")} AND i.opened_at >= :since AND i.opened_at < :until
  AND (:market IN ('', 'ALL', i.market) OR :market = 'DACH' AND i.market IN ('DE', 'AT', 'CH'))
"""

# How long each incident took from the first report to us: published, seen, triaged, escalated, acknowledged.
DETECTION_LAG = f"""
SELECT i.incident_id AS id, i.title, i.market, i.severity,
    (SELECT min(x.published_at) FROM item x WHERE x.id IN (SELECT id FROM evidence e WHERE e.incident_id = i.incident_id))
        AS first_published,
    (SELECT min(x.first_seen_at) FROM item x WHERE x.id IN (SELECT id FROM evidence e WHERE e.incident_id = i.incident_id))
        AS first_seen,
    i.opened_at AS triaged,
    (SELECT min(t.at) FROM triage_event t WHERE t.incident_id = i.incident_id AND t.at <= :as_of
        AND (t.after = 'escalated' OR t.action = 'escalate')) AS escalated,
    i.acknowledged_at AS acknowledged
FROM incident i
WHERE {held("i")} AND i.opened_at >= :since AND i.opened_at < :until
  AND (:market IN ('', 'ALL', i.market) OR :market = 'DACH' AND i.market IN ('DE', 'AT', 'CH'))
ORDER BY i.opened_at, i.incident_id
"""
DETECTION_LAG = f"""
WITH evidence AS MATERIALIZED (
    SELECT i.incident_id, x.id FROM incident i, json_each(i.item_ids) j JOIN item x ON x.item_id = j.value
    WHERE {held("i")}
    UNION
    SELECT i.incident_id, m.item FROM incident i, json_each(i.story_ids) j
    JOIN membership m ON m.story_id = j.value AND {held("m")} WHERE {held("i")}
)
{DETECTION_LAG}"""

# Sources that came or went in the window; one that came and went is told twice.
SOURCE_CHANGES = f"""
SELECT i.source_id AS id, i.name, 'added' AS change, i.added_at AS at FROM source i
WHERE {IN_MARKET} AND i.added_at >= :since AND i.added_at < :until
UNION ALL
SELECT i.source_id, i.name, 'removed', i.retired_at FROM source i
WHERE {IN_MARKET} AND i.retired_at >= :since AND i.retired_at < :until
ORDER BY change, name, id
"""

# What analysts had said for a day's issue by the moment it was made; the latest per kind, subject and language holds.
REMARKS = """
SELECT w.kind, w.subject, w.language, w.text, w.by, w.at FROM remark w
WHERE w.market = :market AND w.day = :day AND w.at <= :until ORDER BY w.at, w.id
"""

# The tagger's precision on what people judged: right of right and wrong.
QUALITY = """
SELECT CASE WHEN count(*) = 0 THEN NULL ELSE round(avg(CASE WHEN i.verdict = 'right' THEN 1.0 ELSE 0.0 END), 4) END AS precision, count(*) AS sample,
    substr(max(i.at), 1, 10) AS checked_on
FROM label i WHERE i.layer = :layer AND i.verdict IN ('right', 'wrong') AND i.at <= :as_of
"""

FIGURES: dict[str, Figure] = {
    "items_count": Figure(ITEMS_COUNT, shape="value"),
    "volume": Figure(VOLUME, shape="row"),
    "languages": Figure(LANGUAGES),
    "daily": Figure(DAILY),
    "daily_by_label": Figure(DAILY_BY_LABEL),
    "topics": Figure(BY_LABEL.replace("LAYER", "'topic'")),
    "platforms": Figure(BY_LABEL.replace("LAYER", "'platform'")),
    "features": Figure(BY_LABEL.replace("LAYER", "'feature'")),
    "usual_by_label": Figure(USUAL_BY_LABEL),
    "cells": Figure(CELLS),
    "lenses": Figure(LENSES),
    "lenses_by_platform": Figure(LENSES_BY_PLATFORM),
    "entities": Figure(ENTITIES),
    "places": Figure(PLACES),
    "items": Figure(ITEMS, ("topics",)),
    "reports": Figure(REPORTS, ("topics",)),
    "regulator": Figure(REGULATOR, ("topics",)),
    "singles": Figure(SINGLES, ("topics",)),
    "corrections": Figure(CORRECTIONS, ("topics",)),
    "stories": Figure(STORIES, ("topics", "features", "platforms", "lenses", "markets")),
    "story_reports": Figure(STORY_REPORTS, ("topics",)),
    "story_changes": Figure(STORY_CHANGES, ("topics",)),
    "story_spread": Figure(STORY_SPREAD),
    "sources": Figure(SOURCES),
    "coverage_daily": Figure(COVERAGE_DAILY),
    "signals": Figure(SIGNALS, ("reasons", "item_ids")),
    "incidents": Figure(INCIDENTS, ("audience", "story_ids", "signal_ids", "item_ids")),
    "outcomes": Figure(OUTCOMES),
    "false_alarms": Figure(FALSE_ALARMS, shape="row"),
    "detection_lag": Figure(DETECTION_LAG),
    "quality": Figure(QUALITY, shape="row"),
    "source_changes": Figure(SOURCE_CHANGES),
    "remarks": Figure(REMARKS),
}

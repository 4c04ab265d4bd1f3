"""Database schema as numbered migrations. One function per migration, with its reason.

Applied by ``tumen`` when it opens a database, or by hand: ``sqlite-utils migrate tumen.db db/migrations.py``.
Every table and column is described in ``config/datasette.json`` and ``docs/schema.md``. Rules for a new migration:

* add it at the end, never change a released one, and raise ``SCHEMA_VERSION`` in ``pipeline/store/schema.py``;
* use ``db.execute`` or ``db.executescript``, never ``db.conn.executescript``: it commits, and a failed migration must
  change nothing;
* end it with ``PRAGMA user_version``, so that an up-to-date file is recognised without loading this module.

Times are UTC text of equal length, ``2026-11-24T06:00:00Z``, so that they sort and compare as text.
Lists are JSON arrays in TEXT, which Datasette shows and facets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

if TYPE_CHECKING:
    from sqlite_utils.db import Database

migrations = Migrations("tumen")


@migrations()
def m001_first_schema(db: Database) -> None:
    """Create the schema of the main job: feeds and their entries, articles, flags with their reasons, verdicts."""
    db.executescript(
        """
CREATE TABLE configs (
  version TEXT PRIMARY KEY,
  first_used_at TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  trigger TEXT NOT NULL,
  config_version TEXT REFERENCES configs(version),
  feeds_polled INTEGER NOT NULL DEFAULT 0,
  feeds_failed INTEGER NOT NULL DEFAULT 0,
  entries_new INTEGER NOT NULL DEFAULT 0,
  articles_stored INTEGER NOT NULL DEFAULT 0,
  articles_flagged INTEGER NOT NULL DEFAULT 0,
  articles_failed INTEGER NOT NULL DEFAULT 0,
  seconds REAL
) STRICT;
CREATE INDEX runs_started ON runs(started_at);

CREATE TABLE feeds (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL UNIQUE,
  asked_url TEXT NOT NULL,
  language TEXT NOT NULL,
  home TEXT,
  kind TEXT NOT NULL,
  timezone TEXT,
  topics TEXT NOT NULL DEFAULT '[]',
  note TEXT NOT NULL DEFAULT '',
  enabled INTEGER NOT NULL DEFAULT 1,
  interval_minutes INTEGER,
  added_at TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'ok', 'failing', 'blocked', 'gone')),
  problem TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  due_at TEXT,
  polled_at TEXT,
  ok_at TEXT,
  changed_at TEXT,
  full_at TEXT,
  interval_seconds INTEGER,
  etag TEXT,
  last_modified TEXT,
  validators_url TEXT,
  body_hash TEXT,
  moved_to TEXT,
  moved_times INTEGER NOT NULL DEFAULT 0,
  gone_since TEXT
) STRICT;
CREATE INDEX feeds_due ON feeds(enabled, due_at);

CREATE TABLE feed_moves (
  feed_id INTEGER NOT NULL REFERENCES feeds(id) ON DELETE CASCADE,
  from_url TEXT NOT NULL,
  to_url TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;

CREATE TABLE hosts (
  host TEXT PRIMARY KEY,
  barred_until TEXT,
  robots_at TEXT,
  robots_status INTEGER,
  robots_body BLOB
) STRICT;

CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  identity TEXT NOT NULL UNIQUE,
  feed_id INTEGER NOT NULL REFERENCES feeds(id),
  guid TEXT NOT NULL,
  url TEXT NOT NULL,
  published_url TEXT NOT NULL,
  title TEXT NOT NULL,
  summary TEXT NOT NULL DEFAULT '',
  content TEXT NOT NULL DEFAULT '',
  content_source TEXT NOT NULL DEFAULT '',
  published TEXT,
  published_raw TEXT NOT NULL DEFAULT '',
  published_assumed INTEGER NOT NULL DEFAULT 0,
  authors TEXT NOT NULL DEFAULT '[]',
  tags TEXT NOT NULL DEFAULT '[]',
  digest TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'flagged', 'failed', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at TEXT NOT NULL,
  reason TEXT,
  article_id INTEGER REFERENCES articles(id)
) STRICT;
CREATE INDEX entries_waiting ON entries(next_try_at, id) WHERE state IN ('new', 'failed');
CREATE INDEX entries_state ON entries(state);
CREATE INDEX entries_feed ON entries(feed_id);
CREATE INDEX entries_article ON entries(article_id);

CREATE TABLE sightings (
  entry_id INTEGER NOT NULL REFERENCES entries(id) ON DELETE CASCADE,
  feed_id INTEGER NOT NULL REFERENCES feeds(id),
  guid TEXT NOT NULL,
  url TEXT NOT NULL,
  digest TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  PRIMARY KEY (entry_id, feed_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_feed ON sightings(feed_id);

CREATE TABLE fetches (
  id INTEGER PRIMARY KEY,
  run_id INTEGER REFERENCES runs(id),
  feed_id INTEGER REFERENCES feeds(id),
  entry_id INTEGER REFERENCES entries(id),
  kind TEXT NOT NULL CHECK (kind IN ('feed', 'page')),
  url TEXT NOT NULL,
  at TEXT NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER,
  bytes INTEGER NOT NULL DEFAULT 0,
  milliseconds INTEGER NOT NULL DEFAULT 0,
  entries_total INTEGER,
  entries_new INTEGER,
  problem TEXT
) STRICT;
CREATE INDEX fetches_at ON fetches(at);
CREATE INDEX fetches_feed ON fetches(feed_id, at);
CREATE INDEX fetches_entry ON fetches(entry_id);
CREATE INDEX fetches_run ON fetches(run_id);

CREATE TABLE stories (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  lead_article_id INTEGER REFERENCES articles(id),
  articles INTEGER NOT NULL DEFAULT 1,
  first_seen_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL
) STRICT;

CREATE TABLE articles (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  relevance REAL NOT NULL DEFAULT 0,
  relevant INTEGER NOT NULL DEFAULT 0,
  topics TEXT NOT NULL DEFAULT '[]',
  top_topic TEXT REFERENCES topics(id),
  feed_id INTEGER NOT NULL REFERENCES feeds(id),
  language TEXT,
  published TEXT,
  published_from TEXT NOT NULL DEFAULT 'none' CHECK (published_from IN ('page', 'feed', 'none')),
  published_assumed INTEGER NOT NULL DEFAULT 0,
  sorted_at TEXT NOT NULL,
  url TEXT NOT NULL UNIQUE,
  published_url TEXT NOT NULL,
  canonical_url TEXT,
  authors TEXT NOT NULL DEFAULT '[]',
  site TEXT,
  section TEXT,
  tags TEXT NOT NULL DEFAULT '[]',
  method TEXT NOT NULL,
  quality REAL NOT NULL DEFAULT 0,
  wall TEXT,
  characters INTEGER NOT NULL DEFAULT 0,
  content_hash TEXT NOT NULL,
  revision INTEGER NOT NULL DEFAULT 1,
  first_seen_at TEXT NOT NULL,
  fetched_at TEXT NOT NULL,
  config_version TEXT REFERENCES configs(version),
  story_id INTEGER REFERENCES stories(id),
  verdict TEXT CHECK (verdict IN ('relevant', 'not_relevant', 'escalate')),
  verdict_at TEXT,
  summary TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL
) STRICT;
CREATE INDEX articles_queue ON articles(verdict, relevance DESC, id DESC);
CREATE INDEX articles_relevance ON articles(relevance DESC);
CREATE INDEX articles_sorted ON articles(sorted_at);
CREATE INDEX articles_feed ON articles(feed_id, sorted_at);
CREATE INDEX articles_language ON articles(language);
CREATE INDEX articles_topic ON articles(top_topic, relevance DESC);
CREATE INDEX articles_canonical ON articles(canonical_url);
CREATE INDEX articles_story ON articles(story_id);
CREATE INDEX articles_config ON articles(config_version);

CREATE TABLE revisions (
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  seen_at TEXT NOT NULL,
  title TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (article_id, revision)
) STRICT;

CREATE TABLE sentences (
  hash INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  PRIMARY KEY (hash, article_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sentences_article ON sentences(article_id);

CREATE TABLE concepts (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  qid TEXT
) STRICT;

CREATE TABLE topics (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  position INTEGER NOT NULL,
  colour TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE reference (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  title TEXT NOT NULL,
  author TEXT NOT NULL,
  publication TEXT NOT NULL,
  published TEXT NOT NULL,
  url TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  original_from TEXT,
  original_at TEXT
) STRICT;

CREATE TABLE passages (
  id TEXT PRIMARY KEY,
  reference_id INTEGER NOT NULL DEFAULT 1 REFERENCES reference(id),
  position INTEGER NOT NULL,
  part TEXT NOT NULL,
  digest TEXT NOT NULL,
  original TEXT,
  concepts TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE TABLE passage_topics (
  passage_id TEXT NOT NULL REFERENCES passages(id) ON DELETE CASCADE,
  topic TEXT NOT NULL REFERENCES topics(id),
  PRIMARY KEY (passage_id, topic)
) STRICT, WITHOUT ROWID;

CREATE TABLE flags (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  topic TEXT NOT NULL REFERENCES topics(id),
  score REAL NOT NULL,
  passage_id TEXT REFERENCES passages(id),
  revision INTEGER NOT NULL,
  config_version TEXT NOT NULL REFERENCES configs(version),
  sorted_at TEXT NOT NULL,
  flagged_at TEXT NOT NULL,
  UNIQUE (article_id, topic)
) STRICT;
CREATE INDEX flags_topic_time ON flags(topic, sorted_at);
CREATE INDEX flags_topic_score ON flags(topic, score DESC);
CREATE INDEX flags_passage ON flags(passage_id);
CREATE INDEX flags_config ON flags(config_version);

CREATE TABLE flag_changes (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  topic TEXT NOT NULL REFERENCES topics(id),
  change TEXT NOT NULL CHECK (change IN ('gained', 'lost')),
  from_version TEXT,
  to_version TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX flag_changes_version ON flag_changes(to_version, topic);
CREATE INDEX flag_changes_article ON flag_changes(article_id);

CREATE TABLE evidence (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  topic TEXT NOT NULL,
  clause TEXT NOT NULL,
  concept TEXT NOT NULL REFERENCES concepts(id),
  surface TEXT NOT NULL,
  field TEXT NOT NULL CHECK (field IN ('title', 'text')),
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL
) STRICT;
CREATE INDEX evidence_article ON evidence(article_id);
CREATE INDEX evidence_concept ON evidence(concept);

CREATE TABLE terms (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  topic TEXT NOT NULL,
  clause TEXT NOT NULL,
  weight REAL NOT NULL,
  concepts TEXT NOT NULL DEFAULT '[]',
  note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX terms_article ON terms(article_id);

CREATE TABLE near_passages (
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  passage_id TEXT NOT NULL REFERENCES passages(id),
  similarity REAL NOT NULL,
  shared TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (article_id, passage_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX near_passages_passage ON near_passages(passage_id, similarity DESC);

CREATE TABLE near_misses (
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  topic TEXT NOT NULL REFERENCES topics(id),
  score REAL NOT NULL,
  missing TEXT NOT NULL,
  PRIMARY KEY (article_id, topic)
) STRICT, WITHOUT ROWID;
CREATE INDEX near_misses_topic ON near_misses(topic, score DESC);

CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id),
  analyst TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('relevant', 'not_relevant', 'escalate', 'withdrawn')),
  topics TEXT CHECK (topics IS NULL OR json_valid(topics)),
  note TEXT NOT NULL DEFAULT '',
  at TEXT NOT NULL,
  revision INTEGER NOT NULL,
  config_version TEXT,
  supersedes INTEGER REFERENCES reviews(id),
  batch TEXT,
  token TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX reviews_article ON reviews(article_id);
CREATE INDEX reviews_at ON reviews(at);
CREATE INDEX reviews_analyst ON reviews(analyst, at);

CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews
BEGIN SELECT RAISE(ABORT, 'verdicts are append-only: add a new one'); END;
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews
BEGIN SELECT RAISE(ABORT, 'verdicts are append-only: add a new one'); END;
CREATE TRIGGER reviews_to_article AFTER INSERT ON reviews
BEGIN
  UPDATE articles
  SET verdict = iif(new.verdict = 'withdrawn', NULL, new.verdict), verdict_at = new.at
  WHERE id = new.article_id;
END;

CREATE VIEW review_queue AS
SELECT a.id, a.title, a.relevance, a.topics, a.language, f.name AS source, a.sorted_at, a.url
FROM articles a JOIN feeds f ON f.id = a.feed_id
WHERE a.verdict IS NULL AND a.relevant = 1
ORDER BY a.relevance DESC, a.id DESC;

CREATE VIEW source_health AS
SELECT name, status, failures, problem, ok_at, changed_at, due_at, url
FROM feeds WHERE enabled = 1
ORDER BY failures DESC, name;
"""
    )
    db.execute("PRAGMA user_version = 1")


@migrations()
def m002_provenance(db: Database) -> None:
    """Record the URL and the digest of the page of an article."""
    db.execute("ALTER TABLE articles ADD COLUMN page_url TEXT")
    db.execute("ALTER TABLE articles ADD COLUMN page_hash TEXT")
    db.execute("PRAGMA user_version = 2")


@migrations()
def m003_search(db: Database) -> None:
    """Add full-text search. After an undo, the newest verdict of another analyst counts."""
    db.executescript(
        """
ALTER TABLE articles ADD COLUMN search_terms TEXT NOT NULL DEFAULT '';

CREATE VIRTUAL TABLE articles_fts USING fts5(
  title, text, search_terms, content='articles', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
CREATE TRIGGER articles_search_insert AFTER INSERT ON articles BEGIN
  INSERT INTO articles_fts (rowid, title, text, search_terms) VALUES (new.id, new.title, new.text, new.search_terms);
END;
CREATE TRIGGER articles_search_delete AFTER DELETE ON articles BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, title, text, search_terms)
  VALUES ('delete', old.id, old.title, old.text, old.search_terms);
END;
CREATE TRIGGER articles_search_update AFTER UPDATE OF title, text, search_terms ON articles BEGIN
  INSERT INTO articles_fts (articles_fts, rowid, title, text, search_terms)
  VALUES ('delete', old.id, old.title, old.text, old.search_terms);
  INSERT INTO articles_fts (rowid, title, text, search_terms) VALUES (new.id, new.title, new.text, new.search_terms);
END;
INSERT INTO articles_fts (articles_fts) VALUES ('rebuild');

CREATE INDEX articles_waiting ON articles(relevance DESC, id DESC, language, feed_id, sorted_at)
WHERE verdict IS NULL AND relevant = 1;

DROP TRIGGER reviews_to_article;
CREATE TRIGGER reviews_to_article AFTER INSERT ON reviews
BEGIN
  UPDATE articles SET (verdict, verdict_at) = (
    SELECT r.verdict, r.at FROM reviews r
    WHERE r.article_id = new.article_id AND r.verdict <> 'withdrawn'
    AND NOT EXISTS (
      SELECT 1 FROM reviews s WHERE s.article_id = r.article_id AND s.analyst = r.analyst AND s.id > r.id
    )
    ORDER BY r.id DESC LIMIT 1
  )
  WHERE id = new.article_id;
END;
"""
    )
    db.execute("PRAGMA user_version = 3")


@migrations()
def m004_counts(db: Database) -> None:
    """Index relevant articles, to count them without reading texts."""
    db.execute("CREATE INDEX articles_relevant ON articles(relevant) WHERE relevant = 1")
    db.execute("PRAGMA user_version = 4")


@migrations()
def m005_alerts(db: Database) -> None:
    """Add the outbox of alerts and the changes of feed health."""
    db.executescript(
        """
CREATE TABLE feed_events (
  id INTEGER PRIMARY KEY,
  feed_id INTEGER NOT NULL REFERENCES feeds(id) ON DELETE CASCADE,
  what TEXT NOT NULL CHECK (what IN ('failing', 'silent', 'well')),
  since TEXT NOT NULL,
  at TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  UNIQUE (feed_id, what, since)
) STRICT;
CREATE INDEX feed_events_at ON feed_events(at);

CREATE TABLE alerts (
  id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  target TEXT NOT NULL,
  key TEXT NOT NULL,
  article_id INTEGER REFERENCES articles(id) ON DELETE SET NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  made_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
  message TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  try_at TEXT,
  sent_at TEXT,
  problem TEXT,
  UNIQUE (target, key)
) STRICT;
CREATE INDEX alerts_open ON alerts(state, target) WHERE state <> 'sent';
CREATE INDEX alerts_article ON alerts(article_id);

CREATE TABLE alert_times (
  name TEXT PRIMARY KEY,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX flags_at ON flags(flagged_at);
"""
    )
    db.execute("PRAGMA user_version = 5")


@migrations()
def m006_stories(db: Database) -> None:
    """Add reasons of story membership, and make Datasette find the search index.

    Datasette recognises an index by ``content="table"`` with double quotes only. Both spellings mean the same, so the
    text of the statement is changed and the index is not rebuilt.
    """
    db.executescript(
        """
ALTER TABLE stories ADD COLUMN sources INTEGER NOT NULL DEFAULT 1;

CREATE TABLE story_members (
  article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  story_id INTEGER NOT NULL REFERENCES stories(id) ON DELETE CASCADE,
  how TEXT NOT NULL CHECK (how IN ('first', 'copy', 'event')),
  like_article_id INTEGER REFERENCES articles(id) ON DELETE SET NULL,
  why TEXT NOT NULL,
  joined_at TEXT NOT NULL
) STRICT;
CREATE INDEX story_members_story ON story_members(story_id);
CREATE INDEX story_members_like ON story_members(like_article_id);

CREATE TABLE marks (
  article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  concepts TEXT NOT NULL,
  named TEXT NOT NULL,
  numbers TEXT NOT NULL,
  words TEXT NOT NULL
) STRICT;

DROP INDEX articles_relevant;
CREATE INDEX articles_relevant ON articles(sorted_at, verdict) WHERE relevant = 1;
CREATE INDEX reviews_batch ON reviews(batch) WHERE batch IS NOT NULL;
CREATE INDEX stories_lead ON stories(lead_article_id);
CREATE INDEX stories_seen ON stories(last_seen_at);
"""
    )
    db.execute("PRAGMA writable_schema = ON")
    db.execute(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE name = 'articles_fts'",
        ("content='articles'", 'content="articles"'),
    )
    db.execute("PRAGMA writable_schema = RESET")
    db.execute("PRAGMA user_version = 6")


@migrations()
def m007_meanings(db: Database) -> None:
    """Add the closest passages by a sentence model."""
    db.executescript(
        """
CREATE TABLE meanings (
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  passage_id TEXT NOT NULL REFERENCES passages(id) ON DELETE CASCADE,
  similarity REAL NOT NULL,
  lift REAL NOT NULL,
  model TEXT NOT NULL,
  revision INTEGER NOT NULL,
  made_at TEXT NOT NULL,
  PRIMARY KEY (article_id, passage_id)
) STRICT, WITHOUT ROWID;
"""
    )
    db.execute("PRAGMA user_version = 7")


@migrations()
def m008_story_signatures(db: Database) -> None:
    """Replace the signatures of flagged articles by signatures of all articles and an index of their keys.

    The old rows cannot be converted: articles of the last days start new stories.
    """
    db.executescript(
        """
DROP TABLE marks;

CREATE TABLE signatures (
  article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  concepts TEXT NOT NULL,
  title_concepts TEXT NOT NULL,
  acts TEXT NOT NULL,
  title_acts TEXT NOT NULL,
  numbers TEXT NOT NULL,
  words BLOB NOT NULL,
  title_words BLOB NOT NULL,
  characters INTEGER NOT NULL,
  digest INTEGER NOT NULL
) STRICT;

CREATE TABLE signature_keys (
  key INTEGER NOT NULL,
  article_id INTEGER NOT NULL,
  PRIMARY KEY (key, article_id)
) STRICT, WITHOUT ROWID;
"""
    )
    db.execute("PRAGMA user_version = 8")


@migrations()
def m009_queues(db: Database) -> None:
    """Record the queue that a verdict came from, and index the articles of the audit and of the near misses."""
    db.executescript(
        """
ALTER TABLE reviews ADD COLUMN queue TEXT CHECK (queue IN ('main', 'audit', 'near'));
CREATE INDEX reviews_audit ON reviews(article_id) WHERE queue = 'audit';
CREATE INDEX articles_unflagged ON articles(sorted_at, language) WHERE relevant = 0 AND topics = '[]';
CREATE INDEX articles_near ON articles(relevance DESC, id DESC) WHERE verdict IS NULL AND relevant = 0;
"""
    )
    db.execute("PRAGMA user_version = 9")


@migrations()
def m010_entry_identity(db: Database) -> None:
    """Let a poll find the entries that a feed has shown by GUID and digest."""
    db.executescript(
        """
ALTER TABLE sightings ADD COLUMN text_digest TEXT NOT NULL DEFAULT '';
DROP INDEX sightings_feed;
CREATE INDEX sightings_guid ON sightings(feed_id, guid);
CREATE INDEX sightings_digest ON sightings(feed_id, digest);
"""
    )
    db.execute("PRAGMA user_version = 10")


@migrations()
def m011_standing(db: Database) -> None:
    """Add notes without a verdict, and what stands for each article after all verdicts and notes of the team.

    ``standing_from_log`` is the definition: the newest verdict that its analyst has not undone, with the topics that it
    carries, and the newest note. A trigger copies the row of an article to ``standing`` at each verdict and note,
    because the definition takes too long for pages over many articles. ``standing_topics`` lists the topics that count:
    none of rejected articles, the corrected ones where an analyst corrected them, else the flagged ones.
    """
    db.executescript(
        """
CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id),
  analyst TEXT NOT NULL,
  note TEXT NOT NULL,
  at TEXT NOT NULL,
  token TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX notes_article ON notes(article_id);
CREATE INDEX notes_at ON notes(at);
CREATE TRIGGER notes_no_update BEFORE UPDATE ON notes
BEGIN SELECT RAISE(ABORT, 'notes are append-only: add a new one'); END;
CREATE TRIGGER notes_no_delete BEFORE DELETE ON notes
BEGIN SELECT RAISE(ABORT, 'notes are append-only: add a new one'); END;

CREATE TABLE standing (
  article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  verdict TEXT CHECK (verdict IN ('relevant', 'not_relevant', 'escalate')),
  analyst TEXT,
  at TEXT,
  review_id INTEGER REFERENCES reviews(id),
  topics TEXT CHECK (topics IS NULL OR json_valid(topics)),
  note TEXT,
  note_analyst TEXT,
  note_at TEXT
) STRICT;
CREATE INDEX standing_verdict ON standing(verdict, at);
CREATE INDEX standing_note ON standing(note_at) WHERE note IS NOT NULL;

CREATE VIEW standing_from_log AS
SELECT a.id AS article_id, r.verdict, r.analyst, r.at, r.id AS review_id, r.topics,
  n.note, n.analyst AS note_analyst, n.at AS note_at
FROM articles a
LEFT JOIN reviews r ON r.id = (
  SELECT max(v.id) FROM reviews v WHERE v.article_id = a.id AND v.verdict <> 'withdrawn'
  AND NOT EXISTS (SELECT 1 FROM reviews w WHERE w.article_id = v.article_id AND w.analyst = v.analyst AND w.id > v.id)
)
LEFT JOIN notes n ON n.id = (
  SELECT max(m.id) FROM notes m WHERE m.article_id = a.id AND m.note <> ''
  AND NOT EXISTS (SELECT 1 FROM notes k WHERE k.article_id = m.article_id AND k.analyst = m.analyst AND k.id > m.id)
)
WHERE r.id IS NOT NULL OR n.id IS NOT NULL;

CREATE TRIGGER notes_to_standing AFTER INSERT ON notes
BEGIN
  DELETE FROM standing WHERE article_id = new.article_id;
  INSERT INTO standing SELECT * FROM standing_from_log WHERE article_id = new.article_id;
END;
DROP TRIGGER reviews_to_article;
CREATE TRIGGER reviews_to_standing AFTER INSERT ON reviews
BEGIN
  INSERT INTO notes (article_id, analyst, note, at, token)
  SELECT new.article_id, new.analyst, new.note, new.at, 'review ' || new.id
  WHERE new.note <> '' AND new.note IS NOT (
    SELECT note FROM notes WHERE article_id = new.article_id AND analyst = new.analyst ORDER BY id DESC LIMIT 1
  );
  DELETE FROM standing WHERE article_id = new.article_id;
  INSERT INTO standing SELECT * FROM standing_from_log WHERE article_id = new.article_id;
  UPDATE articles SET (verdict, verdict_at) = (SELECT verdict, at FROM standing WHERE article_id = new.article_id)
  WHERE id = new.article_id;
END;

INSERT INTO notes (article_id, analyst, note, at, token)
SELECT article_id, analyst, note, at, 'review ' || id FROM reviews WHERE note <> '' ORDER BY id;
INSERT OR REPLACE INTO standing SELECT * FROM standing_from_log
WHERE article_id IN (SELECT article_id FROM reviews);

CREATE VIEW standing_topics AS
SELECT g.article_id, g.topic, g.score, g.passage_id, g.sorted_at, g.flagged_at, 0 AS added
FROM flags g LEFT JOIN standing s ON s.article_id = g.article_id
WHERE s.verdict IS NOT 'not_relevant'
AND (s.topics IS NULL OR EXISTS (SELECT 1 FROM json_each(s.topics) j WHERE j.value = g.topic))
UNION ALL
SELECT s.article_id, j.value, 1.0, NULL, a.sorted_at, s.at, 1
FROM standing s, json_each(s.topics) j JOIN articles a ON a.id = s.article_id
WHERE s.topics IS NOT NULL AND s.verdict <> 'not_relevant'
AND NOT EXISTS (SELECT 1 FROM flags g WHERE g.article_id = s.article_id AND g.topic = j.value);
"""
    )
    db.execute("PRAGMA user_version = 11")


@migrations()
def m012_morning(db: Database) -> None:
    """Add the settings of analysts, saved filters, edits of the brief, title translations, and indexes by time."""
    db.executescript(
        """
CREATE TABLE desk_settings (
  analyst TEXT NOT NULL,
  name TEXT NOT NULL CHECK (name IN ('zone', 'filters', 'visit')),
  value TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  PRIMARY KEY (analyst, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE saved_filters (
  analyst TEXT NOT NULL,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  PRIMARY KEY (analyst, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE brief_edits (
  id INTEGER PRIMARY KEY,
  what TEXT NOT NULL CHECK (what IN ('sentence', 'left_out', 'order')),
  article_id INTEGER REFERENCES articles(id) ON DELETE CASCADE,
  value TEXT NOT NULL,
  analyst TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX brief_edits_article ON brief_edits(article_id, what);
CREATE INDEX brief_edits_order ON brief_edits(id) WHERE what = 'order';

CREATE TABLE title_translations (
  article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  title TEXT NOT NULL,
  translation TEXT NOT NULL,
  translator TEXT NOT NULL,
  made_at TEXT NOT NULL
) STRICT;

CREATE INDEX articles_waiting_time ON articles(sorted_at DESC, id DESC, language, feed_id, relevance)
WHERE verdict IS NULL AND relevant = 1;
CREATE INDEX articles_flagged ON articles(first_seen_at DESC, id DESC, language, feed_id) WHERE topics <> '[]';
"""
    )
    db.execute("PRAGMA user_version = 12")


@migrations()
def m013_edits(db: Database) -> None:
    """Add the schedule of looks at pages of flagged articles, the edits found, and submissions to an archive."""
    db.executescript(
        """
CREATE TABLE looks (
  article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  entry_id INTEGER NOT NULL REFERENCES entries(id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('watched', 'missing', 'gone', 'ended')),
  url TEXT NOT NULL,
  started_at TEXT NOT NULL,
  next_at TEXT,
  looked_at TEXT,
  looks INTEGER NOT NULL DEFAULT 0,
  changes INTEGER NOT NULL DEFAULT 0,
  returns INTEGER NOT NULL DEFAULT 0,
  missing_since TEXT,
  etag TEXT,
  last_modified TEXT,
  page_hash TEXT,
  versions TEXT NOT NULL DEFAULT '[]',
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX looks_due ON looks(next_at) WHERE next_at IS NOT NULL;
CREATE INDEX looks_looked ON looks(looked_at);
CREATE INDEX looks_entry ON looks(entry_id);

CREATE TABLE edits (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  feed_id INTEGER NOT NULL REFERENCES feeds(id),
  kind TEXT NOT NULL
    CHECK (kind IN ('gone', 'back', 'headline', 'fact', 'sentence', 'wording', 'layout', 'cosmetic')),
  reported INTEGER NOT NULL CHECK (reported IN (0, 1)),
  seen_at TEXT NOT NULL,
  since TEXT NOT NULL,
  revision INTEGER NOT NULL,
  summary TEXT NOT NULL,
  parts TEXT NOT NULL,
  flags_gained TEXT NOT NULL DEFAULT '[]',
  flags_lost TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX edits_article ON edits(article_id);
CREATE INDEX edits_feed ON edits(feed_id);
CREATE INDEX edits_reported ON edits(seen_at) WHERE reported = 1;

CREATE TABLE edit_parts (
  key INTEGER NOT NULL,
  edit_id INTEGER NOT NULL REFERENCES edits(id) ON DELETE CASCADE,
  PRIMARY KEY (key, edit_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX edit_parts_edit ON edit_parts(edit_id);

CREATE TABLE submissions (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  url TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
  made_at TEXT NOT NULL,
  try_at TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  sent_at TEXT,
  problem TEXT,
  UNIQUE (article_id, url, made_at)
) STRICT;
CREATE INDEX submissions_open ON submissions(try_at) WHERE state IN ('waiting', 'sending');
"""
    )
    db.execute("PRAGMA user_version = 13")


@migrations()
def m014_directions(db: Database) -> None:
    """Add who reported a story first, who copied whom, what each side leaves out, and affairs above stories."""
    db.executescript(
        """
ALTER TABLE looks ADD COLUMN topics TEXT NOT NULL DEFAULT '[]';

CREATE TABLE story_order (
  article_id INTEGER PRIMARY KEY REFERENCES articles(id) ON DELETE CASCADE,
  story_id INTEGER NOT NULL REFERENCES stories(id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  earliest_at TEXT,
  latest_at TEXT NOT NULL,
  basis TEXT NOT NULL CHECK (basis IN ('published', 'polled')),
  relation TEXT NOT NULL CHECK (relation IN ('first', 'copied', 'credits', 'own')),
  certain INTEGER NOT NULL CHECK (certain IN (0, 1)),
  like_article_id INTEGER REFERENCES articles(id) ON DELETE SET NULL,
  evidence TEXT NOT NULL
) STRICT;
CREATE INDEX story_order_story ON story_order(story_id, place);
CREATE INDEX story_order_like ON story_order(like_article_id);

CREATE TABLE story_gaps (
  story_id INTEGER NOT NULL REFERENCES stories(id) ON DELETE CASCADE,
  side TEXT NOT NULL,
  told_by TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('concept', 'number')),
  item TEXT NOT NULL,
  sources INTEGER NOT NULL,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  quotation TEXT NOT NULL,
  PRIMARY KEY (story_id, side, told_by, kind, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX story_gaps_article ON story_gaps(article_id);

CREATE TABLE affairs (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  stories INTEGER NOT NULL
) STRICT;
CREATE INDEX affairs_seen ON affairs(last_seen_at);

CREATE TABLE affair_stories (
  story_id INTEGER PRIMARY KEY REFERENCES stories(id) ON DELETE CASCADE,
  affair_id INTEGER NOT NULL REFERENCES affairs(id) ON DELETE CASCADE,
  why TEXT NOT NULL,
  joined_at TEXT NOT NULL
) STRICT;
CREATE INDEX affair_stories_affair ON affair_stories(affair_id);

CREATE TABLE story_changes (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('merged', 'split')),
  story_id INTEGER NOT NULL,
  into_id INTEGER,
  articles TEXT NOT NULL,
  why TEXT NOT NULL
) STRICT;
CREATE INDEX story_changes_story ON story_changes(story_id);
CREATE TRIGGER story_changes_no_update BEFORE UPDATE ON story_changes
BEGIN SELECT RAISE(ABORT, 'changes of stories are append-only'); END;
CREATE TRIGGER story_changes_no_delete BEFORE DELETE ON story_changes
BEGIN SELECT RAISE(ABORT, 'changes of stories are append-only'); END;

CREATE TABLE story_reviews (
  story_id INTEGER PRIMARY KEY REFERENCES stories(id) ON DELETE CASCADE,
  articles INTEGER NOT NULL,
  reviewed_at TEXT NOT NULL
) STRICT;
"""
    )
    db.execute("PRAGMA user_version = 14")


@migrations()
def m015_search_and_stories(db: Database) -> None:
    """Add the lexicon's surfaces for search, words for suggestions, saved searches, and stories arranged by hand.

    The surfaces come from the config: the next run, or ``tumen reflag``, fills the table.
    """
    db.executescript(
        """
CREATE TABLE surfaces (
  concept TEXT NOT NULL REFERENCES concepts(id),
  language TEXT NOT NULL,
  surface TEXT NOT NULL,
  first_word TEXT NOT NULL,
  PRIMARY KEY (concept, language, surface)
) STRICT, WITHOUT ROWID;
CREATE INDEX surfaces_first_word ON surfaces(first_word);

CREATE VIRTUAL TABLE articles_fts_words USING fts5vocab('articles_fts', 'col');

CREATE TABLE saved_searches (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  analyst TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  removed_at TEXT
) STRICT;
CREATE UNIQUE INDEX saved_searches_name ON saved_searches(name) WHERE removed_at IS NULL;

CREATE TABLE story_decisions (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles(id) ON DELETE CASCADE,
  from_story INTEGER,
  to_story INTEGER,
  how TEXT,
  like_article_id INTEGER,
  why TEXT,
  analyst TEXT NOT NULL,
  at TEXT NOT NULL,
  batch TEXT NOT NULL,
  undoes TEXT
) STRICT;
CREATE INDEX story_decisions_article ON story_decisions(article_id);
CREATE INDEX story_decisions_from ON story_decisions(from_story);
CREATE INDEX story_decisions_to ON story_decisions(to_story);
CREATE INDEX story_decisions_batch ON story_decisions(batch);
CREATE UNIQUE INDEX story_decisions_undoes ON story_decisions(undoes, article_id) WHERE undoes IS NOT NULL;
CREATE TRIGGER story_decisions_no_update BEFORE UPDATE ON story_decisions
BEGIN SELECT RAISE(ABORT, 'decisions on stories are append-only: add a new one'); END;

DROP INDEX articles_language;
CREATE INDEX articles_language ON articles(language, sorted_at);
"""
    )
    db.execute("PRAGMA user_version = 15")


@migrations()
def m016_shares(db: Database) -> None:
    """Let the dashboard count articles and flagged articles by week, source and language from one index."""
    db.executescript(
        """
DROP INDEX articles_sorted;
CREATE INDEX articles_sorted ON articles(sorted_at, feed_id, language, top_topic);
"""
    )
    db.execute("PRAGMA user_version = 16")


@migrations()
def m017_transport(db: Database) -> None:
    """Store the new keys of a source, and remember the states of each item, which bound its revisions."""
    db.executescript(
        """
ALTER TABLE feeds ADD COLUMN tls TEXT NOT NULL DEFAULT 'modern' CHECK (tls IN ('modern', 'legacy'));
ALTER TABLE feeds ADD COLUMN max_feed_bytes INTEGER;
ALTER TABLE sightings ADD COLUMN states TEXT NOT NULL DEFAULT '[]';
"""
    )
    db.execute("PRAGMA user_version = 17")


@migrations()
def m018_run_status(db: Database) -> None:
    """Keep how each run ended."""
    db.executescript(
        """
ALTER TABLE runs ADD COLUMN status INTEGER;
ALTER TABLE runs ADD COLUMN problem TEXT;
"""
    )
    db.execute("PRAGMA user_version = 18")


@migrations()
def m019_archives(db: Database) -> None:
    """Tell archived articles from those of feeds, and keep a ledger of the WARC files that were read."""
    db.executescript(
        """
ALTER TABLE articles ADD COLUMN origin TEXT NOT NULL DEFAULT 'feed' CHECK (origin IN ('feed', 'archive'));
CREATE INDEX articles_archive ON articles(sorted_at) WHERE origin = 'archive';

CREATE TABLE archive_files (
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  version TEXT NOT NULL,
  read_at TEXT NOT NULL,
  result TEXT NOT NULL,
  problem TEXT,
  merged_at TEXT,
  pages INTEGER NOT NULL,
  other INTEGER NOT NULL,
  outside INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  relevant INTEGER NOT NULL,
  near INTEGER NOT NULL,
  audit INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  damaged INTEGER NOT NULL,
  truncated INTEGER NOT NULL,
  PRIMARY KEY (name, size, version)
) STRICT, WITHOUT ROWID;

CREATE VIEW archived_articles AS
SELECT a.id, a.title, a.relevance, a.topics, a.language, f.name AS source, a.sorted_at, a.verdict, a.url
FROM articles a JOIN feeds f ON f.id = a.feed_id
WHERE a.origin = 'archive'
ORDER BY a.sorted_at DESC;
"""
    )
    db.execute("PRAGMA user_version = 19")


@migrations()
def m020_listed(db: Database) -> None:
    """Watch sites without a feed: kind of each source, and what its lists have shown so far."""
    db.executescript(
        """
ALTER TABLE feeds ADD COLUMN via TEXT NOT NULL DEFAULT 'feed'
  CHECK (via IN ('feed', 'sitemap', 'section', 'telegram'));
ALTER TABLE feeds ADD COLUMN pattern TEXT;

CREATE TABLE listed (
  feed_id INTEGER NOT NULL REFERENCES feeds(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('page', 'sitemap', 'pattern')),
  key INTEGER NOT NULL,
  value TEXT,
  lastmod TEXT,
  etag TEXT,
  last_modified TEXT,
  body_hash TEXT,
  read_at TEXT,
  news_at TEXT,
  PRIMARY KEY (feed_id, kind, key)
) STRICT, WITHOUT ROWID;
"""
    )
    db.execute("PRAGMA user_version = 20")

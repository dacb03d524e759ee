-- Version 1 of the ledger. Times are UTC, RFC 3339; lists and mappings are JSON text; sums of
-- money are decimal digits. ANY holds whole numbers, as digits where 64 bits are too few for what
-- a provider reported. Rows are never deleted.

CREATE TABLE runs (
    id          TEXT PRIMARY KEY,
    manifest    TEXT NOT NULL,
    tool        TEXT NOT NULL,
    pid         INTEGER NOT NULL,
    host        TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    finished_at TEXT,
    exit_code   INTEGER
) STRICT;

CREATE TABLE attempts (
    number         INTEGER PRIMARY KEY,
    run            TEXT NOT NULL REFERENCES runs (id),
    state          TEXT NOT NULL CHECK (state IN (
        'intent', 'not_sent', 'refused', 'ambiguous', 'submitted', 'succeeded', 'failed')),
    realm          TEXT NOT NULL CHECK (realm IN ('loopback', 'remote')),
    -- the intent
    manifest       TEXT NOT NULL,
    job            TEXT NOT NULL,
    operation      TEXT NOT NULL,
    fingerprint    TEXT NOT NULL,
    request        TEXT NOT NULL,
    seed           ANY,
    provider       TEXT NOT NULL,
    base_url       TEXT NOT NULL,
    key_env        TEXT NOT NULL,
    tag            TEXT NOT NULL,
    estimate_unit  TEXT,
    estimate_value TEXT,
    intended_at    TEXT NOT NULL,
    -- what became of it
    task_id        TEXT,
    used_seed      ANY,
    credits        ANY,
    cost_unit      TEXT,
    cost_value     TEXT,
    usage          TEXT,
    urls           TEXT,
    error_code     TEXT,
    error_message  TEXT,
    error_class    TEXT,
    error_billed   TEXT,
    http_status    INTEGER,
    trace_id       TEXT,
    settled_at     TEXT,
    submitted_at   TEXT,
    finished_at    TEXT,
    superseded_at  TEXT
) STRICT;

-- The heart of paying once: two runs cannot both hold a living attempt of one fingerprint.
CREATE UNIQUE INDEX one_living_attempt ON attempts (fingerprint, realm)
    WHERE superseded_at IS NULL
    AND state IN ('intent', 'ambiguous', 'submitted', 'succeeded');

CREATE INDEX attempts_by_fingerprint ON attempts (fingerprint, realm, number);

CREATE INDEX attempts_by_manifest ON attempts (manifest, number);

CREATE TRIGGER attempts_are_history BEFORE DELETE ON attempts
BEGIN
    SELECT RAISE(ABORT, 'attempts are never deleted');
END;

CREATE TABLE files (
    attempt    INTEGER NOT NULL REFERENCES attempts (number),
    position   INTEGER NOT NULL,
    path       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (attempt, position)
) STRICT, WITHOUT ROWID;

-- Version 1 of a shared ledger. The columns are those of SQLite's tables, and so are their values:
-- texts of JSON, times of the runs' own clocks as RFC 3339. Only leases use the server's clock.
-- Rows are never deleted.

CREATE SCHEMA IF NOT EXISTS {schema};

CREATE TABLE {schema}.ledger (
    -- one row
    one     boolean PRIMARY KEY DEFAULT TRUE CHECK (one),
    -- salts the names of accounts
    id      text NOT NULL,
    version integer NOT NULL
);

CREATE TABLE {schema}.runs (
    id          text PRIMARY KEY,
    number      bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    manifest    text NOT NULL,
    tool        text NOT NULL,
    pid         integer NOT NULL,
    host        text NOT NULL,
    started_at  text NOT NULL,
    finished_at text,
    exit_code   integer,
    -- the lease, by the server's clock
    alive_until timestamptz NOT NULL,
    -- when another run has found the lease expired: it is never renewed after that
    dead_at     timestamptz
);

CREATE INDEX runs_by_manifest ON {schema}.runs (manifest, number);

CREATE TABLE {schema}.attempts (
    number         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    run            text NOT NULL REFERENCES {schema}.runs (id),
    state          text NOT NULL CHECK (state IN (
        'intent', 'not_sent', 'refused', 'ambiguous', 'submitted', 'succeeded', 'failed')),
    realm          text NOT NULL CHECK (realm IN ('loopback', 'remote')),
    -- the intent
    manifest       text NOT NULL,
    job            text NOT NULL,
    operation      text NOT NULL,
    fingerprint    text NOT NULL,
    request        text NOT NULL,
    seed           numeric,
    provider       text NOT NULL,
    base_url       text NOT NULL,
    key_env        text NOT NULL,
    account        text NOT NULL,
    tag            text NOT NULL,
    estimate_unit  text,
    estimate_value text,
    intended_at    text NOT NULL,
    -- what became of it
    task_id        text,
    used_seed      numeric,
    credits        numeric,
    cost_unit      text,
    cost_value     text,
    usage          text,
    urls           text,
    creation_ids   text,
    kept           text,
    error_code     text,
    error_message  text,
    error_class    text,
    error_billed   text,
    http_status    integer,
    trace_id       text,
    settled_at     text,
    submitted_at   text,
    finished_at    text,
    superseded_at  text
);

-- The heart of paying once: two runs cannot both hold a living attempt of one fingerprint.
CREATE UNIQUE INDEX one_living_attempt ON {schema}.attempts (fingerprint, realm)
    WHERE superseded_at IS NULL
    AND state IN ('intent', 'ambiguous', 'submitted', 'succeeded');

CREATE INDEX attempts_by_fingerprint ON {schema}.attempts (fingerprint, realm, number);

CREATE INDEX attempts_by_manifest ON {schema}.attempts (manifest, number);

CREATE INDEX attempts_by_task ON {schema}.attempts (provider, task_id);

CREATE INDEX attempts_by_operation ON {schema}.attempts (operation, realm, number);

CREATE INDEX attempts_undecided ON {schema}.attempts (provider)
    WHERE state IN ('intent', 'ambiguous');

CREATE FUNCTION {schema}.keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'attempts are never deleted';
END $$;

CREATE TRIGGER attempts_are_history BEFORE DELETE OR TRUNCATE ON {schema}.attempts
    EXECUTE FUNCTION {schema}.keep_history();

CREATE TABLE {schema}.files (
    attempt    bigint NOT NULL REFERENCES {schema}.attempts (number),
    position   integer NOT NULL,
    path       text NOT NULL,
    sha256     text NOT NULL,
    bytes      bigint NOT NULL,
    media_type text NOT NULL,
    -- NULL for the result itself
    kind       text,
    facts      text,
    warnings   text,
    PRIMARY KEY (attempt, position)
);

-- A ledger of version 1, as vidu-run 0.1.0 wrote it for spring.yaml at an emulator whose script of
-- faults let the dragon fail and cut the answer about the ghost. Only the file's digest and size were
-- changed, to those of a short text.
PRAGMA application_id = 1986618485;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
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
INSERT INTO "attempts" VALUES(1,'20261129T091004Z-577a344d','succeeded','loopback','spring.yaml','boat','vidu/reference2image','a6b97aa6dd1d9f03005e17c6104b6766dfd7f4cfde37f6cbe8a3f9cd21fd2a17','{"model":"viduq2","prompt":"a red boat","seed":7,"payload":"8e1c3e1dc223632db6e78cb8e758b273"}',7,'vidu','http://127.0.0.1:8941','VIDU_API_KEY','8e1c3e1dc223632db6e78cb8e758b273','credits','6','2026-11-29T09:10:04.757Z','1047076975824704838',7,6,NULL,NULL,'{}','["http://127.0.0.1:8941/files/1047076975824704838/creation.png?Expires=1796029805&Credential=emulator%2F77ea6c88%2Frequest&Signature=VQMtsVhPt2CHRbB4fVjXMCh%2Bk0S%2BRsJIcK4q3OwJEtI%3D"]',NULL,NULL,NULL,NULL,200,NULL,'2026-11-29T09:10:04.799Z','2026-11-29T09:10:04.799Z','2026-11-29T09:10:04.915Z',NULL);
INSERT INTO "attempts" VALUES(2,'20261129T091004Z-577a344d','ambiguous','loopback','spring.yaml','ghost','modelverse/reference2video','fc7ee10d70ec1fcde7a2c09c0de765ad935cb16e191e65135629c6fc08f47bfa','{"model":"viduq2","prompt":"a ghost in the fog","duration":5,"seed":9,"images":[{"url":"https://example.com/ghost.png"}]}',9,'modelverse','http://127.0.0.1:8941','MODELVERSE_API_KEY','0f56cdd7db1ba309b9bb5259a903040d','cny','1.41','2026-11-29T09:10:04.758Z',NULL,9,NULL,NULL,NULL,NULL,NULL,'no_answer','the connection broke: Connection reset by peer','transient','unknown',NULL,NULL,'2026-11-29T09:10:04.801Z',NULL,NULL,NULL);
INSERT INTO "attempts" VALUES(3,'20261129T091004Z-577a344d','failed','loopback','spring.yaml','dragon','vidu/reference2image','ff5ba108bf23065f89fe735570f607aceb1182617e59e0f5311b3f31745cfd1c','{"model":"viduq2","prompt":"a dragon","seed":8,"payload":"97b005d6bfe9e4ca0dc33874279ec37d"}',8,'vidu','http://127.0.0.1:8941','VIDU_API_KEY','97b005d6bfe9e4ca0dc33874279ec37d','credits','6','2026-11-29T09:10:04.807Z','1047076976016839085',8,0,NULL,NULL,'{}','[]','CreationPolicyViolation','the task failed at the provider (CreationPolicyViolation)','policy','no',200,NULL,'2026-11-29T09:10:04.837Z','2026-11-29T09:10:04.837Z','2026-11-29T09:10:05.312Z',NULL);
CREATE TABLE files (
    attempt    INTEGER NOT NULL REFERENCES attempts (number),
    position   INTEGER NOT NULL,
    path       TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (attempt, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "files" VALUES(1,0,'../outputs/spring/boat.png','142dee447d12d1755a5c71506b4360316d47254be9bdfe7f027357a86a008c25',11,'image/png');
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
INSERT INTO "runs" VALUES('20261129T091004Z-577a344d','spring.yaml','vidu-run 0.1.0',17060,'vm','2026-11-29T09:10:04.631Z','2026-11-29T09:10:05.407Z',7);
CREATE UNIQUE INDEX one_living_attempt ON attempts (fingerprint, realm)
    WHERE superseded_at IS NULL
    AND state IN ('intent', 'ambiguous', 'submitted', 'succeeded');
CREATE INDEX attempts_by_fingerprint ON attempts (fingerprint, realm, number);
CREATE INDEX attempts_by_manifest ON attempts (manifest, number);
CREATE TRIGGER attempts_are_history BEFORE DELETE ON attempts
BEGIN
    SELECT RAISE(ABORT, 'attempts are never deleted');
END;
COMMIT;

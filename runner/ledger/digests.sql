-- Version 1 of what is remembered of files that were read. Another version is thrown away.

CREATE TABLE digests (
    path   BLOB PRIMARY KEY,
    -- device, inode, size, time of the last writing and of the last change: 64 bits each
    marks  BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    note   TEXT NOT NULL,
    -- the day, since 1970, on which it was last of use; not brought up to date every day
    seen   INTEGER NOT NULL,
    -- CRC-32 of the row: SQLite does not notice when a disk changes its bytes
    seal   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The day on which rows were last looked through for what is gone.
CREATE TABLE pruned (day INTEGER NOT NULL) STRICT;

-- Version 3: what was measured of a fetched file, and why it is not as it was asked for.

-- A JSON object; NULL where nothing was measured, and before version 3.
ALTER TABLE files ADD COLUMN facts TEXT;

-- A JSON list of objects; NULL where there is none.
ALTER TABLE files ADD COLUMN warnings TEXT;

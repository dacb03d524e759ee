-- Version 2: the ids of a task's creations, and files beside the result itself.

ALTER TABLE attempts ADD COLUMN creation_ids TEXT;

-- Which URLs were fetched, also where the provider did not offer them; NULL before version 2.
ALTER TABLE attempts ADD COLUMN kept TEXT;

-- NULL for the result itself.
ALTER TABLE files ADD COLUMN kind TEXT;

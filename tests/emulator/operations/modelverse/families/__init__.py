"""What the pages of ModelVerse's models besides Vidu's allow and forbid, a module a family."""

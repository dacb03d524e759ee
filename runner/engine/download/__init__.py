"""Download: fetches result files, verifies them and renames them into place."""

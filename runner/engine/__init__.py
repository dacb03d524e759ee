"""The asyncio of the client: jobs are submitted, watched and collected."""

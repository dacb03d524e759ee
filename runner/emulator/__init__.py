"""The emulator: serves both APIs on loopback, written from their documents, not from our client.

`options` loads quickly; `server`, which has `run_emulator` and `serve`, loads aiohttp and Pillow.
"""

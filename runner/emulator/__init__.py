"""The emulator: serves both APIs on loopback, written from their documents, not from our client.

`Options` and `missing_extra` come from `runner.emulator.options`, which loads quickly; `Emulator`
and `serve` from `runner.emulator.server`, which loads aiohttp and Pillow.
"""

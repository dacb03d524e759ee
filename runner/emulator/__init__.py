"""Both APIs on loopback, written from their documents and independent of the client.

`Options` and `missing_extra` come from `runner.emulator.options`, which is light;
`Emulator` and `serve` from `runner.emulator.server`, which loads aiohttp and Pillow.
"""

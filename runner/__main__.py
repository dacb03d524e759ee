"""`python -m runner` is `vidu-run`."""

from runner.cli import main

main()

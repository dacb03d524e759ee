"""How soon the command line answers where there is nothing to do, against `import click`."""

from __future__ import annotations

import sys

from bench.tables import Table, number, ratio
from bench.turns import Command, compare, cpu_s

PROGRAM = (sys.executable, "-c", "from runner.cli import main; main()")
"""What the console script runs."""
MAX_TIME = 1.5
"""What is promised, as a part of what importing click takes."""


def measure(*, quick: bool = False) -> list[Table]:
    """CPU time of whole processes; `quick` takes fewer of them."""
    turns = 5 if quick else 41
    asked = {
        'python -c "import click"': Command(words=[sys.executable, "-c", "import click"]),
        'python -c "pass"': Command(words=[sys.executable, "-c", "pass"]),
        "vidu-run --help": Command(words=[*PROGRAM, "--help"]),
        "vidu-run --version": Command(words=[*PROGRAM, "--version"]),
        "vidu-run plan --help": Command(words=[*PROGRAM, "plan", "--help"]),
        "completing a verb": _completion("vidu-run pl"),
        "completing a flag": _completion("vidu-run plan --r"),
    }
    compared = compare(list(asked.values()), turns)
    return [
        Table(
            name="startup",
            title="Start-up",
            command="python -m bench startup",
            columns=("", "ms", "against import click"),
            rows=tuple(
                (
                    what,
                    number(1000 * compared.typical(n, cpu_s), 0),
                    ratio(compared.ratio(n, cpu_s), MAX_TIME if n > 1 else None),
                )
                for n, what in enumerate(asked)
            ),
            notes=(f"CPU time of whole processes, medians of {turns} taken in turns.",),
        )
    ]


def _completion(line: str) -> Command:
    """What the shell runs when Tab is pressed at the end of the line."""
    words = str(len(line.split()) - 1)
    env = {"_VIDU_RUN_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": words}
    return Command(words=PROGRAM, env=env)

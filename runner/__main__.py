"""Where the program starts: `vidu-run`, and `python -m runner`."""

from runner.signals import end_at_once


def main() -> None:
    """The console script. Signals are heeded before anything that takes time is loaded."""
    end_at_once()
    from runner.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()

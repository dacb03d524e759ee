"""Entry point of `vidu-run` and `python -m runner`."""

from runner.signals import end_at_once


def main() -> None:
    """Handle signals, then load and run the command line."""
    end_at_once()  # before the imports below, which take time
    from runner.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()

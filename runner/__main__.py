"""Entry point of `vidu-run` and `python -m runner`."""

from runner.signals import end_at_once
from runner.streams import open_descriptors


def main() -> None:
    """Prepare streams and signals, then load and run the command line."""
    open_descriptors()  # before anything opens a file
    end_at_once()  # before the imports below, which take time
    from runner.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()

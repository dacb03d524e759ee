"""What goes on, told to those who look on: before a run, and while it lasts."""

from runner.progress.observers import observer
from runner.progress.stages import Stages, stages

__all__ = ["Stages", "observer", "stages"]

"""Voices: which ids of voices an account has cloned, and until when the provider keeps them."""

from __future__ import annotations

from runner.emulator.api.errors import invalid
from runner.emulator.state.tasks import Order, Task

_CLONE, _SPEAK = "audio-clone", "audio-tts"
_KEPT_NS = 168 * 3600 * 10**9
_FOR_GOOD_NS = 2**63


class Voices:
    """The cloned voices of one account. Those that nobody uses are deleted after 168 hours."""

    def __init__(self) -> None:
        self._until: dict[str, int] = {}
        """By id: when the voice is deleted."""

    def learn(self, task: Task) -> None:
        """Take note of what a task made or used; tasks come in the order of making."""
        if task.err_code:
            return
        if task.order.operation == _CLONE:
            self._until[task.order.details["voice_id"]] = task.made_ns + _KEPT_NS
        elif task.order.operation == _SPEAK:
            voice = task.order.details["voice_setting_voice_id"]
            if task.made_ns < self._until.get(voice, 0):
                self._until[voice] = _FOR_GOOD_NS

    def check(self, order: Order, now_ns: int) -> None:
        """Raise ApiError for a clone under an id that is taken, and for the use of a deleted one.

        Other ids are taken for those of the provider's own voices, whose list is not published.
        """
        if order.operation == _CLONE:
            voice = order.details["voice_id"]
            if now_ns < self._until.get(voice, 0):
                raise invalid(f"voice_id: there is a voice {voice} already")
        elif order.operation == _SPEAK:
            voice = order.details["voice_setting_voice_id"]
            if now_ns >= self._until.get(voice, _FOR_GOOD_NS):
                unused = f"the voice {voice} was deleted: it was not used for 168 hours"
                raise invalid(f"voice_setting_voice_id: {unused}")

"""Strategies: which sampled frames are kept, and which kept frame stands for each other one."""

from collections.abc import Callable
from typing import NamedTuple

from scribebench.errors import ScribebenchError
from scribebench.frames.runs import Events
from scribebench.frames.strategies.auto import select_auto
from scribebench.frames.strategies.decisions import Decision, Settings
from scribebench.frames.strategies.even import select_even
from scribebench.frames.strategies.phash import select_by_phash, select_by_scene_and_phash

__all__ = ["STRATEGIES", "Decision", "Measured", "Settings", "select_frames"]


class Measured(NamedTuple):
    """What is known of the sampled frames of a recording, one value a frame.

    `scenes` are scene numbers, `pictured` tells whether a picture was stored while decoding.
    """

    events: Events
    phashes: list[str]
    scenes: list[int]
    pictured: list[bool]


def _auto(measured: Measured, settings: Settings) -> list[Decision]:
    return select_auto(measured.events, measured.pictured, settings)


def _scene_and_phash(measured: Measured, settings: Settings) -> list[Decision]:
    times_s = measured.events.times_s.tolist()
    return select_by_scene_and_phash(times_s, measured.phashes, measured.scenes, settings)


def _phash(measured: Measured, settings: Settings) -> list[Decision]:
    return select_by_phash(measured.events.times_s.tolist(), measured.phashes, settings)


def _even(measured: Measured, settings: Settings) -> list[Decision]:
    return select_even(measured.events.times_s.tolist(), settings)


STRATEGIES: dict[str, Callable[[Measured, Settings], list[Decision]]] = {
    "auto": _auto,
    "scene+phash": _scene_and_phash,
    "phash": _phash,
    "even": _even,
}


def select_frames(measured: Measured, settings: Settings) -> list[Decision]:
    """Decide for each sampled frame, in order. Raises ScribebenchError for an unknown strategy."""
    if settings.strategy not in STRATEGIES:
        raise ScribebenchError(
            f"there is no frame strategy {settings.strategy!r}; choose one of "
            f"{', '.join(STRATEGIES)} as frames.strategy in config/config.yaml"
        )
    return STRATEGIES[settings.strategy](measured, settings)

"""Frames that are kept for no other reason than that a long time has passed."""

from dataclasses import replace

from scribebench.frames.strategies.decisions import Decision, Settings


def with_keepalive(
    decisions: list[Decision], times_s: list[float], settings: Settings
) -> list[Decision]:
    """Keep a frame wherever none was kept for `keepalive_s`, then for twice that, and so on.

    The waits double, so that hours of stillness cost a few frames only. A budget is not exceeded.
    """
    if settings.keepalive_s is None:
        return decisions
    room = None
    if settings.budget is not None:
        room = settings.budget - sum(decision.kept for decision in decisions)
    result: list[Decision] = []
    wait_s, last = settings.keepalive_s, times_s[0] if times_s else 0.0
    for decision in decisions:
        time_s = times_s[decision.frame_index]
        if decision.kept:
            wait_s, last = settings.keepalive_s, time_s
        elif time_s - last >= wait_s and room != 0:
            index = decision.frame_index
            decision = replace(decision, kept=True, reason="keepalive", represented_by=index)
            wait_s, last = 2 * wait_s, time_s
            room = None if room is None else room - 1
        result.append(decision)
    return result

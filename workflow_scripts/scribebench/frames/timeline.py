"""From the times that frames state to times from the first frame on, whatever the file states."""

# Times that go back by more than this, or ahead by so much beyond the recording's end, are wrong.
BACK_S, AHEAD_S = 1.0, 10.0


class Timeline:
    """Places frames in order; a jump that cannot be true continues after the frame before."""

    def __init__(self, step_s: float | None, duration_s: float | None):
        self._step_s = step_s or 0.04
        self._duration_s = duration_s
        self._start_s: float | None = None
        self._last_s: float | None = None
        self._jumps: list[float] = []
        self._untimed = 0

    def place(self, stated_s: float | None) -> float:
        """Return a frame's time in seconds from the first frame on."""
        follows_s = 0.0 if self._last_s is None else self._last_s + self._step_s
        if stated_s is None:
            self._untimed += 1
            self._start_s = None
            time_s = follows_s
        else:
            if self._start_s is None:
                self._start_s = stated_s - follows_s
            time_s = stated_s - self._start_s
            if self._jumped(time_s):
                self._jumps.append(follows_s)
                del self._jumps[2:]
                self._start_s = stated_s - follows_s
                time_s = follows_s
        self._last_s = time_s if self._last_s is None else max(self._last_s, time_s)
        return time_s

    def notes(self) -> list[str]:
        """Say where times are not those that the file states."""
        notes = []
        if self._jumps:
            times = "once" if len(self._jumps) == 1 else "more than once"
            notes.append(
                f"its time stamps jump {times}, first at {self._jumps[0]:.1f} s; the frames after "
                "a jump follow the frame before it"
            )
        if self._untimed:
            notes.append(
                f"{self._untimed} frames have no time; they are taken as {self._step_s:.3f} s "
                "after the one before"
            )
        return notes

    def _jumped(self, time_s: float) -> bool:
        if self._last_s is None:
            return False
        step_s = time_s - self._last_s
        if step_s < -max(BACK_S, 2 * self._step_s):
            return True
        end_s = self._duration_s
        return end_s is not None and step_s > AHEAD_S and time_s > end_s + AHEAD_S

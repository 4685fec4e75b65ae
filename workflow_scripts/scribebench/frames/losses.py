"""What a recording is, how much of it could be decoded, and what the broken parts of it hide."""

import heapq
from dataclasses import dataclass, field

# What containers state differs from what they hold by up to 0.1 s.
LEAST_MISSING_S = 0.5
# A gap without any sign of damage is told when it is longer than this and than so many steps, and
# when there are no more than so many, each among so many frames: a recorder that writes frames only
# when something changes leaves many.
LONG_GAP_S, LONG_GAP_STEPS = 0.5, 3
FEW_GAPS, FRAMES_A_GAP = 3, 20
# With frames left out that no other needs, a longer gap than this is a loss.
SPARED_GAP_S = 0.75
# A packet between two frames held a frame when it is this share of a step from both.
OWN_STEP = 0.75
# Their packets may hold pictures that are never shown.
HIDING_CODECS = frozenset({"vp8", "libvpx"})


@dataclass
class DecodeReport:
    """What a recording is and how much of it could be decoded; filled while decoding.

    `spared_frames` were not decoded on purpose; `damaged_frames` were decoded in part. `gaps_s` are
    the seconds between frames that lost frames would have shown, and `doubtful_s` those in which
    pictures may look wrong, since they were made from damaged ones. `lead_s` are the seconds before
    the first frame that could be decoded.
    """

    codec: str = ""
    width_px: int = 0
    height_px: int = 0
    frame_rate: float | None = None
    duration_s: float | None = None
    decoded_frames: int = 0
    sampled_frames: int = 0
    spared_frames: int = 0
    broken_packets: int = 0
    damaged_frames: int = 0
    lead_s: float = 0.0
    gaps_s: float = 0.0
    doubtful_s: float = 0.0
    decoded_until_s: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def step_s(self) -> float | None:
        """Seconds from frame to frame on average; null when the file states no rate."""
        return 1 / self.frame_rate if self.frame_rate else None

    @property
    def missing_s(self) -> float | None:
        """Seconds between the last decoded frame and the end that the container states.

        Null when it states none.
        """
        if self.duration_s is None:
            return None
        gap_s = self.duration_s - self.lead_s - self.decoded_until_s
        least_s = max(LEAST_MISSING_S, 0.75 * (self.step_s or 0.0))
        return round(gap_s, 3) if gap_s > least_s else 0.0


class Losses:
    """Compares the packets that went to the decoder with the frames that came of them.

    An error of the decoder is not enough to go by: some decoders leave frames out without a word.
    """

    def __init__(self, report: DecodeReport, codec: str, tick_s: float):
        self._report = report
        self._hides = codec in HIDING_CODECS
        self._tick_s = tick_s
        self._waiting: list[float] = []
        self._last: tuple[float, float] | None = None  # as stated, and in the recording
        self._step_s = report.step_s or LONG_GAP_S
        self._hurt = self._last_corrupt = False
        self._doubtful_from_s: float | None = None
        self._sent = self._settled = self._errors = self._absent = 0
        self._spared = False
        self._gaps: list[tuple[float, float]] = []
        self._given_up: set[float] = set()

    def sent(self, stated_s: float | None) -> None:
        """Note that the decoder got a packet of this time, of which a frame should come."""
        self._sent += 1
        if stated_s is not None:
            heapq.heappush(self._waiting, stated_s)

    def failed(self, hurts: bool = True) -> None:
        """Note that a part could not be read or decoded; it hurts when frames are made from it."""
        self._errors += 1
        self._hurt |= hurts
        self._tell()

    def hurt(self) -> None:
        """Note that a part is damaged; what comes of it is seen by the frames."""
        self._hurt = True

    def all_count_from_here(self) -> None:
        """Note that no frames are left out any more; what was sent before is forgotten."""
        self._spared = True
        self._waiting.clear()
        self._settled += max(self._errors, self._absent)
        self._errors = self._absent = 0

    def shown(
        self, stated_s: float | None, time_s: float, key: bool, corrupt: bool, sparing: bool
    ) -> None:
        """Note the next frame: its time as stated, and in the recording."""
        self._spared |= sparing
        early = [] if stated_s is None else self._before(stated_s)
        hidden_s = 0.0
        if self._last is None:
            self._absent += len(early)
            self._report.lead_s = stated_s - early[0] if early else 0.0
        else:
            last_s, last_time_s = self._last
            gap_s = time_s - last_time_s
            lost = self._lost(early, last_s, stated_s, sparing and gap_s <= SPARED_GAP_S)
            self._absent += len(lost)
            if stated_s in self._given_up:  # damage brings frames out of order
                self._given_up.remove(stated_s)
                self._absent -= 1
                hidden_s = -self._step_s
            elif lost:
                hidden_s = stated_s - lost[0]
                self._given_up = set(lost)
                self._look_for_gap(last_time_s, time_s - hidden_s)
            elif (self._hurt or corrupt or self._last_corrupt) and gap_s > self._tick_s:
                hidden_s = gap_s - self._step_s
            else:
                self._look_for_gap(last_time_s, time_s)
            if gap_s > 0:
                self._step_s = min(self._step_s, gap_s)
        self._report.gaps_s = round(max(0.0, self._report.gaps_s + hidden_s), 3)
        self._report.damaged_frames += corrupt
        self._doubt(time_s, key, corrupt, self._hurt or hidden_s > 0)
        self._hurt, self._last_corrupt = False, corrupt
        if self._last is None or time_s >= self._last[1]:
            self._last = (time_s if stated_s is None else stated_s, time_s)
        self._tell()

    def ended(self, sparing: bool) -> None:
        """Note that no frame comes any more."""
        if not sparing:
            self._absent += len(self._waiting)
        self._tell()
        if self._spared:
            come = self._report.decoded_frames + self._report.broken_packets
            self._report.spared_frames = max(0, self._sent - come)
        self._doubt(self._report.decoded_until_s, True, False, False)
        gaps = len(self._gaps)
        if gaps <= FEW_GAPS and self._report.decoded_frames >= gaps * FRAMES_A_GAP:
            self._report.notes += [
                f"there are no frames between {start_s:.1f} s and {end_s:.1f} s; the recording was "
                "paused, nothing changed, or the file is damaged there"
                for start_s, end_s in self._gaps
            ]

    def _look_for_gap(self, start_s: float, end_s: float) -> None:
        if end_s - start_s > max(LONG_GAP_S, LONG_GAP_STEPS * (self._report.step_s or 0.0)):
            self._gaps.append((start_s, end_s))
            del self._gaps[FEW_GAPS + 1 :]

    def _before(self, stated_s: float) -> list[float]:
        """Return the times of the packets that should have been shown before a frame."""
        early = []
        while self._waiting and self._waiting[0] <= stated_s:
            early.append(heapq.heappop(self._waiting))
        if early and early[-1] == stated_s:
            early.pop()
        return early

    def _lost(
        self, early: list[float], last_s: float, stated_s: float | None, spared: bool
    ) -> list[float]:
        if not early or stated_s is None or spared or self._hides:
            return []
        apart_s = OWN_STEP * self._step_s
        return [one for one in early if one - last_s >= apart_s and stated_s - one >= apart_s]

    def _doubt(self, time_s: float, key: bool, corrupt: bool, hurt: bool) -> None:
        """A damaged picture goes on in those made from it, up to the next key frame."""
        if key and self._doubtful_from_s is not None:
            doubtful_s = max(0.0, time_s - self._doubtful_from_s)
            self._report.doubtful_s = round(self._report.doubtful_s + doubtful_s, 3)
            self._doubtful_from_s = None
        if self._doubtful_from_s is None and (corrupt or (hurt and not key)):
            self._doubtful_from_s = time_s

    def _tell(self) -> None:
        # A packet of which no frame came may have raised an error or not, so they are not added.
        self._report.broken_packets = self._settled + max(self._errors, self._absent)

"""How long a candidate takes: seconds a frame, and minutes for each hour that was recorded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from scribebench.canaries.frames import session_of
from scribebench.report.candidates import Candidate
from scribebench.report.data import ReportData, Row
from scribebench.report.evidence import Evidence, Figure, evidence

# Below so many requests a bootstrap claims too much. With 20 of them and more it held the mean in
# 92 to 95 of 100 simulated cases of even and of skewed times, and in 88 to 94 where one request in
# ten took five times as long (the plain percentiles: 90 to 94, and 87 to 93).
LEAST_REQUESTS = 20
# The ends of n requests and of n others of the same speed are apart in 2 of (2n over n) cases: 10 %
# at 3, 0.8 % at 5.
LEAST_COMPARED = 5
RESAMPLES = 1000
SEED = 20260115
BOOTSTRAP = "95 % interval, expanded percentile bootstrap over requests"
ENDS = f"lowest and highest request; fewer than {LEAST_REQUESTS} requests bound no mean"
KEPT = "kept frames over recorded time"


@dataclass(frozen=True)
class LeftOut:
    """Requests that were asked and enter no speed figure: how many, of how many, what they took.

    `reasons` are the reasons why, the most frequent first; a request can have several.
    """

    requests: int
    of: int
    wall_s: float
    reasons: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Speed:
    """What a candidate takes; each is null where it was not measured.

    `on_drawn_frames` says that the seconds are those of drawn frames, as no recording was described
    with that batch size. `left_out` are requests on recordings; null of none. `whole_minutes` are
    the minutes for a recorded hour by the time of all requests on recordings, those that failed or
    were cut included; null where none was asked in that batch size.
    """

    seconds_per_frame: Figure | None
    frames_per_hour: Figure | None
    minutes_per_hour: Figure | None
    on_drawn_frames: bool = False
    left_out: LeftOut | None = None
    whole_minutes: float | None = None

    @property
    def shown_minutes(self) -> float | None:
        """Minutes for a recorded hour that a user must reckon with, failed requests included."""
        if self.minutes_per_hour is None:
            return self.whole_minutes
        return max(self.minutes_per_hour.value, self.whole_minutes or 0.0)


class Recorded(NamedTuple):
    """Hours recorded, frames kept of them, and how many recordings they are."""

    hours: float
    kept: int
    sessions: int


def recorded(data: ReportData) -> Recorded | None:
    """Return how much was recorded and kept, of recordings of known length; null of none.

    What could not be decoded of a damaged recording is no part of it: nobody knows how busy it was.
    """
    known = [row for row in data.sessions if decoded_s(row)]
    if not known:
        return None
    hours = sum(map(decoded_s, known)) / 3600
    return Recorded(hours, sum(row["kept_frames"] for row in known), len(known))


def decoded_s(session: Row) -> float:
    """Return how many seconds of a recording could be decoded; 0 where its length is unknown."""
    return max(0.0, (session["duration_s"] or 0.0) - (session["missing_s"] or 0.0))


def measure_speed(data: ReportData, candidate: Candidate, batch_size: int) -> Speed:
    """Return what a candidate takes with so many frames a request, from its valid requests.

    The frames kept of an hour are those of these recordings, all of them together; the interval
    tells how far requests differ, not how far other recordings do.
    """
    found = [evidence("requests", **_of(candidate.key), experiment="describe", speed_valid=True)]
    rows = valid_requests(data, *candidate.key) if batch_size == candidate.batch_size else []
    on_drawn_frames = not rows
    if on_drawn_frames:
        rows, found = _drawn(data, candidate, batch_size)
    seconds = seconds_per_frame(rows, tuple(found))
    known, rest = recorded(data), left_out(data, *candidate.key)
    if known is None:
        return Speed(seconds, None, None, on_drawn_frames and bool(rows), rest)
    source = tuple(
        evidence("sessions", session=row["session"]) for row in data.sessions if decoded_s(row)
    )
    per_hour = Figure(known.kept / known.hours, None, None, known.sessions, KEPT, source)
    minutes = None if seconds is None else scaled(seconds, per_hour.value / 60, source)
    whole = None
    if batch_size == candidate.batch_size:
        whole = seconds_per_frame(asked_requests(data, *candidate.key), ())
    return Speed(
        seconds,
        per_hour,
        minutes,
        on_drawn_frames and bool(rows),
        rest,
        None if whole is None else whole.value * per_hour.value / 60,
    )


def baseline_speed(data: ReportData, key: tuple[str, str]) -> Figure | None:
    """Return the minutes for a recorded hour of a baseline."""
    source = evidence("requests", **_of(key), experiment="describe", speed_valid=True)
    seconds, known = seconds_per_frame(valid_requests(data, *key), (source,)), recorded(data)
    if seconds is None or known is None:
        return None
    return scaled(seconds, known.kept / known.hours / 60)


def valid_requests(data: ReportData, model: str, variant: str) -> list[Row]:
    """Return the requests on recordings of a candidate that may enter a speed figure."""
    return [row for row in asked_requests(data, model, variant) if row["speed_valid"]]


def on_recordings(data: ReportData, key: tuple[str, str]) -> list[Row]:
    """Return the requests on recordings of a candidate, warm-ups left out."""
    return [
        row
        for row in data.of("requests", key)
        if row["experiment"] == "describe" and not row["warmup"]
    ]


def asked_requests(data: ReportData, model: str, variant: str) -> list[Row]:
    """Return those of on_recordings(...) that were asked.

    What was taken from another run or batch was not asked, and took no time.
    """
    return [row for row in on_recordings(data, (model, variant)) if not row["cache_hit"]]


def left_out(data: ReportData, model: str, variant: str) -> LeftOut | None:
    """Return what was asked of a candidate and enters no speed figure; null of none."""
    asked = asked_requests(data, model, variant)
    rows = [row for row in asked if not row["speed_valid"]]
    if not rows:
        return None
    reasons = Counter(reason for row in rows for reason in row["speed_invalid_reasons"] or ())
    wall_s = sum(row["wall_ns"] or 0 for row in rows) / 1e9
    told = tuple(reason for reason, _ in reasons.most_common())
    where = {"warmup": False, "cache_hit": False, "speed_valid": False}
    source = evidence("requests", model=model, variant=variant, experiment="describe", **where)
    return LeftOut(len(rows), len(asked), wall_s, told, source)


def seconds_per_frame(rows: Sequence[Row], source: tuple[Evidence, ...]) -> Figure | None:
    """Return all seconds over all frames of these requests, with its interval; null without any."""
    rows = [row for row in rows if row["image_count"] and row["wall_ns"] is not None]
    if not rows:
        return None
    walls = np.array([row["wall_ns"] / 1e9 for row in rows])
    frames = np.array([row["image_count"] for row in rows], float)
    mean = float(walls.sum() / frames.sum())
    if len(rows) < LEAST_REQUESTS:
        each = walls / frames
        # One request has no ends: it tells nothing of the next one.
        ends = (float(each.min()), float(each.max())) if len(rows) > 1 else (None, None)
        return Figure(mean, *ends, len(rows), ENDS, source)
    low, high = bootstrap_ratio(walls, frames)
    return Figure(mean, low, high, len(rows), BOOTSTRAP, source)


def bootstrap_ratio(values: np.ndarray, sizes: np.ndarray) -> tuple[float, float]:
    """Return 95 % bounds of sum(values) / sum(sizes): quantiles over RESAMPLES resampled pairs.

    Resampled means vary too little, the less the fewer there are, and so the quantiles are those
    that Student's t asks for (Hesterberg, The American Statistician 69, 2015, "expanded
    percentile").
    """
    dice = np.random.default_rng(SEED)
    means = np.empty(RESAMPLES)
    for place in range(RESAMPLES):
        drawn = dice.integers(0, len(values), len(values))
        means[place] = values[drawn].sum() / sizes[drawn].sum()
    tail = _expanded_tail(len(values))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _expanded_tail(n: int) -> float:
    """Return the share below the lower quantile: 0.025 for many, less for few."""
    z, free = NormalDist().inv_cdf(0.975), n - 1
    # Student's t by its expansion in 1 / free (Abramowitz and Stegun, 26.7.5).
    t = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return NormalDist().cdf(-t * (n / free) ** 0.5)


def scaled(figure: Figure, factor: float, more: tuple[Evidence, ...] = ()) -> Figure:
    """Return a figure times a known factor that comes from further rows."""
    return replace(
        figure,
        value=figure.value * factor,
        low=None if figure.low is None else figure.low * factor,
        high=None if figure.high is None else figure.high * factor,
        evidence=(*figure.evidence, *more),
    )


def reckoned(speed: Speed) -> float | None:
    """Return what candidates are ordered by: minutes for a recorded hour, else seconds a frame."""
    if speed.shown_minutes is not None:
        return speed.shown_minutes
    return None if speed.seconds_per_frame is None else speed.seconds_per_frame.value


def is_slower(one: Figure | None, other: Figure | None) -> bool:
    """Return whether a figure is shown to be larger than another: their intervals are apart.

    Fewer than LEAST_COMPARED requests show nothing.
    """
    if one is None or other is None or one.low is None or other.high is None:
        return False
    return min(one.n, other.n) >= LEAST_COMPARED and one.low > other.high


def drawn_seconds(data: ReportData, candidate: Candidate, batch_size: int) -> Figure | None:
    """Return the seconds a frame of a family on drawn frames with that batch size."""
    rows, found = _drawn(data, candidate, batch_size)
    return seconds_per_frame(rows, tuple(found))


def _drawn(
    data: ReportData, candidate: Candidate, batch_size: int
) -> tuple[list[Row], list[Evidence]]:
    session = session_of(batch_size)
    rows = [
        row
        for key in candidate.family
        for row in data.of("requests", key)
        if row["session"] == session and row["speed_valid"]
    ]
    keys = dict.fromkeys((row["model"], row["variant"]) for row in rows)
    return rows, [
        evidence("requests", session=session, **_of(key), speed_valid=True) for key in keys
    ]


def _of(key: tuple[str, str]) -> dict[str, str]:
    return {"model": key[0], "variant": key[1]}

"""What is shown against a candidate: by itself, and by another one that is better.

Nothing is held against a candidate that was not measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scribebench.canaries.frames import SHARE_NEEDED
from scribebench.probe.verdict import NO_MEMORY
from scribebench.report.candidates import Key, baselines
from scribebench.report.data import ReportData, Row
from scribebench.report.evidence import Evidence, Figure, evidence
from scribebench.report.measures import Measured
from scribebench.report.speed import is_slower, reckoned

MOST_RUBBISH = 0.10
SURE = 0.05
WORKER = "worker_vision"
# How sure it is that a description tells of its own frame; more is better.
APART = {"proven": 2, "single": 2, "undetermined": 1, "bad": 0}


@dataclass(frozen=True)
class Reason:
    """Why a verdict was given, in words that are not escaped, and the rows that show it."""

    text: str
    evidence: tuple[Evidence, ...]


def against(data: ReportData, measured: Measured) -> Iterator[Reason]:
    """Yield what rejects a candidate whatever the other models are worth."""
    candidate = measured.candidate
    key = {"model": candidate.model, "variant": candidate.variant}
    broken = next((run for run in candidate.runs if run["broken"] is not None), None)
    if broken is not None:
        rows = (evidence("runs", session=broken["session"], **key),)
        yield Reason(f"its backend is broken: it {broken['broken']}", rows)
        return
    probe = next(iter(data.of("probes", candidate.key)), None)
    if probe is not None and False in (probe["reads_word"], probe["tells_colours"]):
        text = f"its backend is broken: asked about a drawn picture, it {probe['broken']}"
        yield Reason(text, (evidence("probes", **key),))
    if measured.described is not None and not measured.described.value:
        text = f"it described none of {measured.described.n} frames"
        if probe is not None and probe["verdict"] == NO_MEMORY:
            text += "; there was no memory for it on this machine"
        yield Reason(text, measured.described.evidence)
    if measured.described is None and measured.batches.share is None:
        text = "nothing was asked of it: no recording has a kept frame"
        yield Reason(text, (evidence("runs", **key),))
    yield from _mixes_frames(measured)
    yield from _refused(data, measured)
    rubbish = measured.rubbish
    if rubbish is not None and rubbish.low is not None and rubbish.low > MOST_RUBBISH:
        text = (
            f"{round(rubbish.value * rubbish.n)} of {rubbish.n} replies failed or are rubbish: more"
            f" than {_percent(MOST_RUBBISH)} are shown (lower bound {_percent(rubbish.low)})"
        )
        yield Reason(text, rubbish.evidence)
    yield from _below_floor(data, measured)


def _mixes_frames(measured: Measured) -> Iterator[Reason]:
    share = measured.batches.share
    if measured.batches.state == "bad" and share is not None:
        text = (
            f"in batches of {measured.batches.size} it mixes or loses frames: {share.right} of "
            f"{share.n} drawn frames right, at most {_percent(share.high)} of all, and "
            f"{_percent(SHARE_NEEDED)} are needed"
        )
        yield Reason(text, measured.batches.evidence)


def _refused(data: ReportData, measured: Measured) -> Iterator[Reason]:
    if measured.rubric_key is None:
        return
    for row in data.of("roles", measured.rubric_key):
        if row["role"] == WORKER and row["decision"] == "refused":
            model, variant = measured.rubric_key
            rows = (evidence("roles", model=model, variant=variant, role=WORKER),)
            yield Reason("the rubric refuses it the role worker_vision", rows)


def _below_floor(data: ReportData, measured: Measured) -> Iterator[Reason]:
    better = shown_better(data)
    for floor in baselines(data):
        row = better.get((floor, measured.rubric_key))
        if row is not None:
            text = (
                f"the OCR baseline scores {abs(row['diff']):.1f} points more in the rubric "
                f"(p {format_p(row['p_holm'])}, n {row['n_items']}): it is below the floor"
            )
            yield Reason(text, (pair_of(row),))


Better = dict[tuple[Key, Key | None], Row]


def shown_better(data: ReportData) -> Better:
    """Return the row of `comparisons` of each (better, worse) pair that the test tells apart."""
    found: Better = {}
    for row in data.comparisons:
        first, second = (_key(row[name]) for name in ("model_a", "model_b"))
        if row["p_holm"] < SURE and row["diff"]:
            found[(first, second) if row["diff"] > 0 else (second, first)] = row
    return found


def _key(name: str) -> Key:
    model, _, variant = name.partition("/")
    return model, variant


def pair_of(row: Row) -> Evidence:
    """Return what names a row of `comparisons`."""
    return evidence("comparisons", model_a=row["model_a"], model_b=row["model_b"])


def dominated(
    one: Measured, standing: Sequence[Measured], names: dict[Key, str], better: Better
) -> Iterator[Reason]:
    """Yield the fastest of those that are faster and nowhere worse, if there is one."""
    mine = time_of(one)
    faster = [
        (theirs, other)
        for other in standing
        if (theirs := time_of(other)) is not None
        and other is not one
        and is_slower(mine, theirs)
        # Its slow requests may be those that were cut, and are in no speed.
        and (reckoned(other.speed) or 0.0) < (reckoned(one.speed) or 0.0)
        and _nowhere_worse(other, one, better)
    ]
    if mine is None or not faster:
        return
    theirs, other = min(faster, key=lambda pair: pair[0].value)
    text = (
        f"it takes {times_of(one, other)} of {names[other.candidate.key]}, which is nowhere worse "
        "in what was measured"
    )
    yield Reason(text, (*mine.evidence, *theirs.evidence))


def time_of(one: Measured) -> Figure | None:
    """Return minutes for a recorded hour; seconds a frame where that is not known."""
    return one.speed.minutes_per_hour or one.speed.seconds_per_frame


def times_of(one: Measured, other: Measured) -> str:
    """Return what two candidates take, in words; requests that were cut or failed count."""
    unit = "seconds a frame" if one.speed.shown_minutes is None else "minutes a recorded hour"
    return f"{reckoned(one.speed):.3g} {unit} against the {reckoned(other.speed):.3g}"


def is_better_grounded(one: Measured, other: Measured) -> bool:
    """Return whether more of what a candidate names is shown to stand on the screen."""
    mine, theirs = one.grounded, other.grounded
    if mine is None or theirs is None or mine.low is None or theirs.high is None:
        return False
    return mine.low > theirs.high


def _nowhere_worse(one: Measured, other: Measured, better: Better) -> bool:
    """Return whether nothing speaks for the other one, of what was measured of both.

    The quality of one that was not asked the rubric is not known, and leaves it open.
    """
    if (other.rubric_key, one.rubric_key) in better:
        return False
    if one.candidate.family != other.candidate.family:
        if not one.tiers or set(other.tiers) != set(one.tiers):
            return False
        if any(one.tiers[tier].value < score.value for tier, score in other.tiers.items()):
            return False
    if APART[one.batches.state] < APART[other.batches.state]:
        return False
    if APART[one.batches.state] == APART["undetermined"]:
        mine, theirs = (
            None if side.batches.share is None else side.batches.share.share
            for side in (one, other)
        )
        if theirs is not None and (mine is None or mine < theirs):
            return False
    if other.grounded is not None and (
        one.grounded is None or one.grounded.value < other.grounded.value
    ):
        return False
    says_as_much = _described_share(one) >= _described_share(other)
    return says_as_much and rubbish_share(one) <= rubbish_share(other)


def rubbish_share(measured: Measured) -> float:
    """Return the share of replies that failed or are rubbish; 0 where there is none."""
    return measured.rubbish.value if measured.rubbish else 0.0


def _described_share(measured: Measured) -> float:
    return measured.described.value if measured.described else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def format_p(value: float) -> str:
    """Return a p-value with three digits."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"

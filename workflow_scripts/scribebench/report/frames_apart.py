"""Which batch size a candidate is to be used with, and how sure its frames are kept apart."""

from dataclasses import dataclass
from math import log
from typing import Literal

from scribebench.canaries.frames import SHARE_NEEDED, session_of
from scribebench.canaries.grade import COLOUR, BatchVerdict, verdicts
from scribebench.grading.attribution import Share, share_right
from scribebench.report.candidates import Candidate
from scribebench.report.data import ReportData
from scribebench.report.evidence import Evidence, evidence
from scribebench.report.speed import drawn_seconds, is_slower

State = Literal["proven", "single", "undetermined", "bad"]


@dataclass(frozen=True)
class Batches:
    """A batch size, and what is known of whose frame a description tells with it.

    `state`: proven on drawn frames; single: one frame a request, so that nothing can be mixed up;
    bad: proven not to be kept apart; else undetermined. `share` is that of the drawn frames, told
    by their names or, of a model that reads none, by colours, which prove nothing good; or where
    none were asked about that size, that of the text on the recordings' frames.
    """

    size: int
    state: State
    share: Share | None
    told_by: Literal["name", "colour", "text"] | None
    is_own: bool
    evidence: tuple[Evidence, ...]

    @property
    def by_text(self) -> bool:
        """Return whether the share is that of recordings and not of drawn frames."""
        return self.told_by == "text"


def choose_batches(data: ReportData, candidate: Candidate, family: list[Candidate]) -> Batches:
    """Return the batch size to use a candidate with.

    It is the one that it was run with, unless the largest proven one was tried on drawn frames only
    and this candidate's own is the nearest of its family. A size that is shown to be slower than a
    smaller proven one is not taken.
    """
    found = of_family(data, candidate)
    best = largest_proven(data, candidate, found)
    sizes = [one.batch_size for one in family]
    own = candidate.batch_size
    if best is not None and best not in sizes:
        nearest = min(sizes, key=lambda size: (abs(log(size / best)), size))
        if own == nearest:
            own = best
    return judge_size(data, candidate, own, found)


def of_family(data: ReportData, candidate: Candidate) -> list[BatchVerdict]:
    """Return the verdicts on the sizes that were tried with drawn frames."""
    return verdicts(row for key in candidate.family for row in data.of("attribution", key))


def largest_proven(data: ReportData, candidate: Candidate, found: list[BatchVerdict]) -> int | None:
    """Return the largest proven size that no smaller proven one is shown to be faster than."""
    proven = sorted((one.batch_size for one in found if one.proven), reverse=True)
    seconds = {size: drawn_seconds(data, candidate, size) for size in proven}
    for place, size in enumerate(proven):
        if not any(is_slower(seconds[size], seconds[less]) for less in proven[place + 1 :]):
            return size
    return None


def judge_size(
    data: ReportData, candidate: Candidate, size: int, found: list[BatchVerdict]
) -> Batches:
    """Return what is known of a candidate with one batch size; `found` are of_family(...)."""
    is_own = size == candidate.batch_size
    verdict = next((one for one in found if one.batch_size == size), None)
    if verdict is not None:
        rows = tuple(
            evidence("attribution", session=session_of(size), model=model, variant=variant)
            for model, variant in candidate.family
            if any(one["batch_size"] == size for one in data.of("attribution", (model, variant)))
        )
        state: State = "proven" if verdict.proven else "undetermined"
        if verdict.right.high < SHARE_NEEDED:
            state = "bad"
        told_by: Literal["name", "colour"] = "colour" if verdict.evidence == COLOUR else "name"
        return Batches(size, state, verdict.right, told_by, is_own, rows)
    rows = (evidence("grades", model=candidate.model, variant=candidate.variant),)
    if size == 1:
        runs = evidence("runs", model=candidate.model, variant=candidate.variant)
        return Batches(size, "single", None, None, is_own, (runs,))
    outcomes = [
        row["attribution"]
        for row in data.of("grades", candidate.key)
        if row["attribution"] is not None
    ]
    share = share_right(outcomes) if outcomes else None
    told = "text" if outcomes else None
    return Batches(size, "undetermined", share, told, is_own, rows if outcomes else ())

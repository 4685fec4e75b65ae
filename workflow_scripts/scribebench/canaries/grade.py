"""Which drawn frame does a description tell of? By its name, else by its colour."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from scribebench.canaries.frames import SHARE_NEEDED, Canary, Colour
from scribebench.grading.attribution import Attribution, Share, canary_outcomes, share_right

NAME, COLOUR = "name", "colour"
_WORDS = {
    "red": "red reddish redish crimson maroon burgundy scarlet pink pinkish salmon coral rose",
    "green": "green greenish lime emerald mint forest-green",
    "blue": "blue bluish blueish navy indigo lavender periwinkle",
    "dark": "dark darker deep",
    "light": "light lighter pale bright pastel",
}
_MEANING = {word: name for name, words in _WORDS.items() for word in words.split()}
_SAID = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, _MEANING))})(?![\w-])", re.I)


def grade_canaries(
    descriptions: Iterable[dict[str, Any]], canaries: Sequence[Canary]
) -> Iterator[dict[str, Any]]:
    """Yield the row of `attribution` of each frame asked about.

    `descriptions` are rows of that table, of drawn frames. A model that names no frame in any reply
    cannot read, and is judged by the colours that it tells: they are fewer than the frames, so that
    they show what is moved, lost or doubled, and prove less.
    """
    rows = list(descriptions)
    by_uid = [list(batch) for _, batch in groupby(rows, itemgetter("request_uid"))]
    batches = [(batch, [canaries[row["frame_index"]] for row in batch]) for batch in by_uid]
    named = [
        canary_outcomes([row["text"] for row in batch], [one.name for one in shown])
        for batch, shown in batches
    ]
    reads = any(max(one.scores, default=0) for outcomes in named for one in outcomes)
    for (batch, shown), by_name in zip(batches, named, strict=True):
        outcomes = by_name if reads else colour_outcomes([row["text"] for row in batch], shown)
        for row, canary, outcome in zip(batch, shown, outcomes, strict=True):
            yield _row(row, canary, outcome, shown, NAME if reads else COLOUR)


def colour_outcomes(texts: Sequence[str | None], shown: Sequence[Canary]) -> list[Attribution]:
    """Return for each frame of a request which one's colour its description tells.

    `right` tells its own; `swapped` another frame's, the nearest that has it; `merged` several;
    `omitted` none; `invented` one that no frame of the request has.
    """
    return [_by_colour(slot, text or "", shown) for slot, text in enumerate(texts)]


def _by_colour(slot: int, text: str, shown: Sequence[Canary]) -> Attribution:
    said = {_MEANING[word.lower()] for word in _SAID.findall(text)}
    hues, brightness = said & {"red", "green", "blue"}, said & {"dark", "light"}
    if not hues:
        return Attribution("omitted", reason="it tells no colour")
    own = shown[slot].colour
    if len(hues) > 1:
        return Attribution("merged", own_words=tuple(sorted(hues)), reason="it tells several")
    (hue,) = hues
    bright = next(iter(brightness)) if len(brightness) == 1 else None
    told = " ".join(filter(None, (bright, hue)))
    if _fits(own, hue, bright):
        return Attribution("right", own_words=(told,), reason="it tells its colour")
    others = [n for n, one in enumerate(shown) if _fits(one.colour, hue, bright)]
    if not others:
        return Attribution("invented", other_words=(told,), reason="no frame has that colour")
    nearest = min(others, key=lambda other: (abs(other - slot), other))
    return Attribution("swapped", (nearest,), (), (), (told,), "it tells another frame's colour")


def _fits(colour: Colour, hue: str, brightness: str | None) -> bool:
    return colour.hue == hue and brightness in (None, colour.brightness)


def _row(
    row: dict[str, Any],
    canary: Canary,
    outcome: Attribution,
    shown: Sequence[Canary],
    evidence: str,
) -> dict[str, Any]:
    is_swapped = outcome.outcome == "swapped" and len(outcome.other) == 1
    key = ("session", "model", "variant", "request_uid", "slot", "frame_index")
    return {name: row[name] for name in key} | {
        "batch_size": len(shown),
        "told_by": evidence,
        "canary_expected": canary.name if evidence == NAME else " ".join(canary.colour),
        "canary_reported": ", ".join((*outcome.own_words, *outcome.other_words)) or None,
        "outcome": outcome.outcome,
        "swapped_with_slot": outcome.other[0] if is_swapped else None,
    }


# --- what it says about a batch size --------------------------------------------------------------


class BatchVerdict(NamedTuple):
    """What the experiment says of one batch size.

    `proven` is true when the lower bound of what is right is above SHARE_NEEDED, by names; colours
    alone prove nothing, as several frames have each.
    """

    batch_size: int
    evidence: str
    right: Share
    proven: bool


def verdicts(rows: Iterable[dict[str, Any]]) -> list[BatchVerdict]:
    """Return a verdict for each batch size in the rows of `attribution` of one candidate."""
    found = []
    for size, group in groupby(
        sorted(rows, key=itemgetter("batch_size")), itemgetter("batch_size")
    ):
        batch = list(group)
        right = share_right(row["outcome"] for row in batch)
        evidence = NAME if all(row["told_by"] == NAME for row in batch) else COLOUR
        found.append(
            BatchVerdict(size, evidence, right, evidence == NAME and right.low > SHARE_NEEDED)
        )
    return found


def recommended_batch_size(found: Iterable[BatchVerdict]) -> int | None:
    """Return the largest batch size that is proven; null when none is."""
    return max((one.batch_size for one in found if one.proven), default=None)

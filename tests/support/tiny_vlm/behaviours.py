"""The ways in which the model can answer, as rankings over the chapters of a reply.

Every token belongs to a *chapter*: an image and the text around it, or the block of the reply that
describes that image.  A behaviour is nothing but two rankings over chapters: which one is told
next, and which one's picture is looked at meanwhile.  The attention heads of the model look the
rankings up and take the best chapter that has an image in the request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Behaviour = Literal["normal", "think", "swap", "skip", "loop", "gibberish"]
BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)

Ranking = Mapping[int, tuple[int, ...]]
"""For the current chapter the candidates, best first; a missing chapter has no candidates."""

SKIPPED_EVERY = 3


@dataclass(frozen=True)
class Chapters:
    """The chapters that exist; their numbers are also their places in the residual stream."""

    max_label: int

    @property
    def numbered(self) -> range:
        """The chapters of images with a label; chapter 7 belongs to "Screenshot 7"."""
        return range(self.max_label + 1)

    @property
    def opening(self) -> int:
        """From the start of a turn to the first label; images without a label belong here."""
        return self.max_label + 1

    @property
    def unnumbered(self) -> int:
        """The block of the reply about an image without a label.

        It is not `opening`: the reply also starts in `opening`, and there the first number comes
        next, while after this block nothing does.
        """
        return self.max_label + 2

    @property
    def with_images(self) -> tuple[int, ...]:
        return (*self.numbered, self.opening)

    @property
    def with_blocks(self) -> tuple[int, ...]:
        return (*self.numbered, self.unnumbered)

    @property
    def count(self) -> int:
        return self.max_label + 3


def next_chapters(chapters: Chapters, behaviour: Behaviour) -> Ranking:
    """Rank the image chapters that may be told after each chapter."""
    told = [n for n in chapters.numbered if not _is_left_out(n, behaviour)]
    again = behaviour == "loop"
    ranking = {
        n: (*(m for m in told if m > n), *(m for m in told if again and m <= n))
        for n in chapters.numbered
    }
    ranking[chapters.opening] = (*told, chapters.opening)
    ranking[chapters.unnumbered] = (chapters.opening,) if again else ()
    return ranking


def pictured_chapters(chapters: Chapters, behaviour: Behaviour) -> Ranking:
    """Rank the image chapters whose colours the block of each chapter reports."""
    numbers = tuple(chapters.numbered)
    ranking = {n: (n,) for n in numbers}
    if behaviour == "swap":
        ranking = {n: numbers[n + 1 :] + numbers[: n + 1] for n in numbers}
    ranking[chapters.unnumbered] = (chapters.opening,)
    return ranking


def _is_left_out(number: int, behaviour: Behaviour) -> bool:
    return behaviour == "skip" and number > 0 and number % SKIPPED_EVERY == 0

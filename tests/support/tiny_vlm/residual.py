"""Where things are in the residual stream: every dimension has one fixed meaning."""

from dataclasses import dataclass

CHANNELS = 3
_WIDTH_STEP = 64

IMAGE_COLOUR_SCALE = 0.05
"""An image token holds its colour (-1 black to 1 white) this small beside its flag of 1, so that
all image tokens have nearly the same norm and RMS normalisation treats them alike."""


@dataclass(frozen=True)
class ResidualStream:
    """The first dimension of each part, for a vocabulary and a number of chapters.

    A text token starts as a one-hot among the first `vocabulary` dimensions; an image token as its
    colour and a flag.  The two layers of the model add the rest.
    """

    vocabulary: int
    chapters: int

    @property
    def colour(self) -> int:
        """R, G, B of an image token, from the vision tower."""
        return self.vocabulary

    @property
    def is_image(self) -> int:
        """1 for every image token, from the vision tower."""
        return self.colour + CHANNELS

    @property
    def chapter(self) -> int:
        """One-hot of the chapter that the token belongs to, from layer 0."""
        return self.is_image + 1

    @property
    def next_chapter(self) -> int:
        """One-hot of the chapter to be told next, all 0 if there is none; from layer 1."""
        return self.chapter + self.chapters

    @property
    def pictured(self) -> int:
        """Mean R, G, B of the image to report, -1 (black) to 1 (white); from layer 1."""
        return self.next_chapter + self.chapters

    @property
    def width(self) -> int:
        used = self.pictured + CHANNELS
        return -(-used // _WIDTH_STEP) * _WIDTH_STEP

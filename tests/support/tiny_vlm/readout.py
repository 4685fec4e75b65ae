"""The output matrix: which token follows which, and what decides where there is a choice.

The last hidden state still holds the one-hot of the current token, so a matrix over (next,
current) is a bigram table.  Where several tokens may follow, they share one value, and a second
summand, read from what attention found, lifts one of them above the rest.

All values are in units of the final normalisation, about 10 nats each, so one unit between the best
and the second token makes sampling at usual temperatures certain.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from support.tiny_vlm.attention import Array
from support.tiny_vlm.behaviours import Behaviour, Chapters
from support.tiny_vlm.lexicon import Lexicon
from support.tiny_vlm.residual import ResidualStream

FOLLOWS = 40.0  # more than colours alone can lift a token (24 and 32)

# A heading beats the end of the reply if, and only if, its chapter was found.
HEADING_FOLLOWS, HEADING_IS_FOUND = 30.0, 20.0
# The line about this chapter beats the lines about all others.
LINE_FOLLOWS, LINE_IS_OF_THIS_CHAPTER = 30.0, 17.0

BRIGHTNESS_GAIN = 8.0  # of the sum of the channels, each -1 to 1
HUE_GAIN = 16.0  # of a channel's excess over the mean of the other two, -2 to 2
GREY_EXCESS = 0.16  # a smaller excess is called grey: 20.4 of 255 levels


def output_matrix(
    lexicon: Lexicon, chapters: Chapters, stream: ResidualStream, behaviour: Behaviour
) -> Array:
    """Return the logits of every next token, shape (vocabulary, width)."""
    matrix = np.zeros((len(lexicon.texts), stream.width), np.float32)
    if behaviour == "gibberish":
        said = lexicon.fragments
        _follow(matrix, _all_but(said, lexicon), said[:1])
        _follow_in_turn(matrix, [*((token,) for token in said), (lexicon.turn_end,)])
        return matrix
    _say_blocks(matrix, lexicon, behaviour)
    _choose_heading(matrix, lexicon, chapters, stream)
    _choose_lines(matrix, lexicon, chapters, stream)
    _choose_colours(matrix, lexicon, stream)
    return matrix


def _say_blocks(matrix: Array, lexicon: Lexicon, behaviour: Behaviour) -> None:
    headings = tuple(lexicon.headings.values())
    steps = (headings, *lexicon.lines.steps())
    _follow_in_turn(matrix, steps)

    no_image = (lexicon.nothing_attached,)
    said = {token for step in steps for token in step} | {*no_image, *lexicon.thoughts}
    end_of_prompt = _all_but(said, lexicon)
    if lexicon.thoughts:
        _follow(matrix, end_of_prompt, lexicon.thoughts[:1])
        _follow_in_turn(matrix, [(token,) for token in lexicon.thoughts])
        # The last thought also ends a prompt in which thinking is switched off.
        end_of_prompt = list(lexicon.thoughts[-1:])
    end = (lexicon.turn_end,)
    _follow(matrix, end_of_prompt, headings, HEADING_FOLLOWS)
    _follow(matrix, end_of_prompt, no_image)
    _follow(matrix, steps[-1], headings, HEADING_FOLLOWS)
    _follow(matrix, steps[-1], end)
    _follow(matrix, no_image, no_image if behaviour == "loop" else end)


def _choose_heading(
    matrix: Array, lexicon: Lexicon, chapters: Chapters, stream: ResidualStream
) -> None:
    for found in chapters.with_images:
        told_in = chapters.unnumbered if found == chapters.opening else found
        matrix[lexicon.headings[told_in], stream.next_chapter + found] = HEADING_IS_FOUND


def _choose_lines(
    matrix: Array, lexicon: Lexicon, chapters: Chapters, stream: ResidualStream
) -> None:
    lines = lexicon.lines
    _follow(matrix, lexicon.headings.values(), lines.window, LINE_FOLLOWS)
    _follow(matrix, (lines.theme,), lines.activity, LINE_FOLLOWS)
    for tokens in (lines.window, lines.activity):
        for token, chapter in zip(tokens, chapters.with_blocks, strict=True):
            matrix[token, stream.chapter + chapter] = LINE_IS_OF_THIS_CHAPTER


def _choose_colours(matrix: Array, lexicon: Lexicon, stream: ResidualStream) -> None:
    dark, light = lexicon.lines.brightness
    *channel_hues, grey = lexicon.lines.hue
    colour = [stream.pictured + channel for channel in range(len(channel_hues))]
    matrix[dark, colour] = -BRIGHTNESS_GAIN
    matrix[light, colour] = BRIGHTNESS_GAIN
    for channel, token in zip(colour, channel_hues, strict=True):
        matrix[token, colour] = -HUE_GAIN / 2
        matrix[token, channel] = HUE_GAIN
    _follow(matrix, (lexicon.lines.conjunction,), (grey,), FOLLOWS + HUE_GAIN * GREY_EXCESS)


def _follow(
    matrix: Array, before: Iterable[int], after: Iterable[int], value: float = FOLLOWS
) -> None:
    matrix[np.ix_(list(after), list(before))] = value


def _follow_in_turn(matrix: Array, steps: Iterable[tuple[int, ...]]) -> None:
    for before, after in pairwise(steps):
        _follow(matrix, before, after)


def _all_but(excluded: Iterable[int], lexicon: Lexicon) -> list[int]:
    return sorted(set(range(len(lexicon.texts))) - set(excluded))

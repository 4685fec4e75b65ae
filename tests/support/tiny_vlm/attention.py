"""The two attention layers that do the work: one binds tokens to chapters, one looks chapters up.

Both use the QK normalisation of Qwen3: a query or key is brought to the norm sqrt(HEAD_SIZE) and
then multiplied by a learned vector, so only its *direction* comes from the token, and the
multipliers say how many nats (soft-max arguments) a match is worth.

Rotary positions.  Interleaved M-RoPE gives the pair (j, j + PAIRS) one of four positions: the text
position if j is a multiple of 3 below 3 * ROPE_SECTIONS[0], and, as there are no height and width
sections here, else the fourth one, which is 0 for text and images.  So a head can choose by the
dimensions it uses whether it sees positions: binding does, in one pair; look-ups do not, which
makes them exact at any distance.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from support.tiny_vlm.behaviours import Chapters, Ranking
from support.tiny_vlm.residual import CHANNELS, IMAGE_COLOUR_SCALE, ResidualStream

Array = npt.NDArray[np.float32]

HEADS = 2  # both share one key-value head
KEY_VALUE_HEADS = 1
HEAD_SIZE = 128
PAIRS = HEAD_SIZE // 2
ROPE_BASE = 5e6
ROPE_SECTIONS = (13, 0, 0, PAIRS - 13)  # text, height, width, fourth
_SEES_POSITION = [j for j in range(PAIRS) if j % 3 == 0 and j < 3 * ROPE_SECTIONS[0]]
_BLIND_DIMENSIONS = [
    d for j in range(PAIRS) if j not in _SEES_POSITION for d in (j, j + PAIRS)
]  # 102 dimensions

# The slowest pair that sees positions turns by 5e6 ** (-36 / 64) = 1.7e-4 rad a position.
_RECENCY_PAIR = _SEES_POSITION[-1]
_RECENCY_NATS = 16_000.0  # 2.7 nats a position
_OPENER_BONUS = 2.0  # more than the 1 by which recency can fall below 0

_LAST_CHOICE_NATS, _BETTER_CHOICE_NATS = 60.0, 20.0
_NOTHING_NATS, _NEVER_NATS = 30.0, -100.0
_QUERY_NATS = 20_000.0  # norm of every query; more than any row of a table
_DROWNING = 1_000.0  # a key entry beside which another one of 1 vanishes

_DIMENSIONS_BESIDE_CHAPTERS = 3  # of a look-up: text, nothing, fill
MAX_CHAPTERS = len(_BLIND_DIMENSIONS) - _DIMENSIONS_BESIDE_CHAPTERS + 1  # one has no images


@dataclass(frozen=True)
class AttentionWeights:
    """The tensors of one attention layer; matrices are (outputs, inputs)."""

    query: Array
    key: Array
    value: Array
    output: Array
    query_gain: Array
    key_gain: Array


def binding_layer(openers: Mapping[int, int], stream: ResidualStream) -> AttentionWeights:
    """Let every token copy the chapter of the latest opener up to itself.

    Every query is (1, 0) in the recency pair and 1 in a blind dimension; the key of an opener is
    (0, -1) and 1, all other keys are 0.  The rotation makes the score of an opener at a distance of
    d positions proportional to bonus - sin(d * 1.7e-4): it falls as far as 9,000 positions and is
    below its start as far as 18,000, so the nearest opener wins, and any opener beats no opener.
    2.7 nats a position are e^16 between two openers that are 6 positions apart.
    """
    weights = _idle_layer(stream.width)
    opener_dimension = _BLIND_DIMENSIONS[0]
    asks = [*range(stream.vocabulary), stream.is_image]
    weights.query[_RECENCY_PAIR, asks] = 1
    weights.query[opener_dimension, asks] = _OPENER_BONUS
    for token, chapter in openers.items():
        weights.key[_RECENCY_PAIR + PAIRS, token] = -1
        weights.key[opener_dimension, token] = 1
        weights.value[chapter, token] = _undo_norm_of_one(stream)
    for chapter in range(stream.chapters):
        weights.output[stream.chapter + chapter, chapter] = 1
    # QK normalisation has divided the query by sqrt(1 + bonus ** 2) and the key by sqrt(2) and
    # multiplied each by sqrt(HEAD_SIZE); the score is then divided by sqrt(HEAD_SIZE).
    shrunk = math.sqrt(2 * (1 + _OPENER_BONUS**2)) / math.sqrt(HEAD_SIZE)
    weights.query_gain[:] = weights.key_gain[:] = math.sqrt(_RECENCY_NATS * shrunk)
    return weights


def look_up_layer(
    next_chapters: Ranking,
    pictured: Ranking,
    turn_start: int,
    chapters: Chapters,
    stream: ResidualStream,
) -> AttentionWeights:
    """Let head 0 find the chapter to be told next, and head 1 the mean colour to report.

    A key says what the token is: an image token its chapter, the token that starts a turn
    "nothing", any other text "text".  A query is a row of a score table (one table a head), chosen
    by the current chapter.  A chapter without an image has no keys and cannot win; if no candidate
    has one, "nothing" wins, which writes nothing.  All tokens of an image score the same, so the
    soft-max is their mean.
    """
    weights = _idle_layer(stream.width)
    columns = {c: _BLIND_DIMENSIONS[i] for i, c in enumerate(chapters.with_images)}
    text, nothing, fill = _BLIND_DIMENSIONS[len(columns) :][:_DIMENSIONS_BESIDE_CHAPTERS]

    for chapter, dimension in columns.items():
        weights.key[dimension, stream.chapter + chapter] = 1
    weights.key[text, : stream.vocabulary] = _DROWNING  # text has a chapter too, but must not show
    weights.key[text, turn_start] = 0
    weights.key[nothing, turn_start] = _DROWNING

    for head, ranking in enumerate((next_chapters, pictured)):
        rows = slice(head * HEAD_SIZE, (head + 1) * HEAD_SIZE)
        inputs = slice(stream.chapter, stream.chapter + chapters.count)
        table = _score_table(ranking, chapters.count, columns, text, nothing, fill)
        weights.query[rows, inputs] = table.T / _QUERY_NATS
    # After this a query is its row of the table: sqrt(HEAD_SIZE) from its own normalisation, and
    # the key's cancels the division of the score.
    weights.query_gain[:] = _QUERY_NATS / math.sqrt(HEAD_SIZE)

    one = _undo_norm_of_one(stream)
    image_norm = math.sqrt(2)  # of an image token after layer 0: its flag and its chapter
    for chapter in chapters.with_images:
        weights.value[chapter, stream.chapter + chapter] = one
        weights.output[stream.next_chapter + chapter, chapter] = image_norm
    # "Nothing" lies in the opening chapter itself but must not pass for an image there.
    weights.value[chapters.opening, turn_start] = -one
    for channel in range(CHANNELS):
        dimension = chapters.count + channel
        weights.value[dimension, stream.colour + channel] = one
        weights.output[stream.pictured + channel, HEAD_SIZE + dimension] = (
            image_norm / IMAGE_COLOUR_SCALE
        )
    return weights


def _score_table(
    ranking: Ranking,
    chapter_count: int,
    columns: Mapping[int, int],
    text: int,
    nothing: int,
    fill: int,
) -> npt.NDArray[np.float64]:
    """Return the scores in nats of every kind of key, shape (chapters, HEAD_SIZE).

    All rows have the norm _QUERY_NATS, since QK normalisation would scale them otherwise: what is
    missing goes to the `fill` dimension, which no key has.
    """
    table = np.zeros((chapter_count, HEAD_SIZE))
    table[:, [*columns.values(), text]] = _NEVER_NATS
    table[:, nothing] = _NOTHING_NATS
    for chapter, best_first in ranking.items():
        for rank, candidate in enumerate(reversed(best_first)):
            table[chapter, columns[candidate]] = _LAST_CHOICE_NATS + rank * _BETTER_CHOICE_NATS
    table[:, fill] = np.sqrt(_QUERY_NATS**2 - (table**2).sum(axis=1))
    return table


def _idle_layer(width: int) -> AttentionWeights:
    """A layer that reads and writes nothing."""
    return AttentionWeights(
        query=np.zeros((HEADS * HEAD_SIZE, width), np.float32),
        key=np.zeros((KEY_VALUE_HEADS * HEAD_SIZE, width), np.float32),
        value=np.zeros((KEY_VALUE_HEADS * HEAD_SIZE, width), np.float32),
        output=np.zeros((width, HEADS * HEAD_SIZE), np.float32),
        query_gain=np.ones(HEAD_SIZE, np.float32),
        key_gain=np.ones(HEAD_SIZE, np.float32),
    )


def _undo_norm_of_one(stream: ResidualStream) -> float:
    """The factor that undoes RMS normalisation for a token of norm 1: that gave sqrt(width)."""
    return stream.width**-0.5

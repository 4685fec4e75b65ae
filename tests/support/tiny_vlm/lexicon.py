"""The tokens of the model.

Whatever the model must recognise or say is one token: a label, a heading, a line.  They are of the
kind USER_DEFINED, which the tokenizer matches in any text, the longest first, so "Screenshot 12" is
never taken for "Screenshot 1".  All other text falls apart into bytes, one token each.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gguf import TokenType

from support.tiny_vlm import wording
from support.tiny_vlm.behaviours import Behaviour, Chapters


@dataclass(frozen=True)
class BlockLines:
    """The tokens of a block after its heading, in the order in which they are said."""

    window: tuple[int, ...]  # one for each chapter that has a block
    brightness: tuple[int, ...]  # dark, light
    conjunction: int
    hue: tuple[int, ...]  # of the channels R, G, B, then grey
    theme: int
    activity: tuple[int, ...]  # one for each chapter that has a block
    applications: int
    topics: int

    def steps(self) -> tuple[tuple[int, ...], ...]:
        """The candidates of every step."""
        return (
            self.window,
            self.brightness,
            (self.conjunction,),
            self.hue,
            (self.theme,),
            self.activity,
            (self.applications,),
            (self.topics,),
        )


@dataclass(frozen=True)
class Lexicon:
    """All tokens; a token is its place in `texts`."""

    texts: tuple[str, ...]
    kinds: tuple[TokenType, ...]
    turn_start: int
    turn_end: int
    end_of_text: int
    labels: tuple[int, ...]  # by number
    headings: dict[int, int]  # by chapter
    lines: BlockLines
    nothing_attached: int
    thoughts: tuple[int, ...]  # empty where the model cannot think
    fragments: tuple[int, ...]  # empty where the model speaks a language

    def openers(self, chapters: Chapters) -> dict[int, int]:
        """The tokens with which a chapter starts, in a request or a reply, and that chapter."""
        return {
            self.turn_start: chapters.opening,
            **{token: number for number, token in enumerate(self.labels)},
            **{token: chapter for chapter, token in self.headings.items()},
        }


@dataclass
class _Collector:
    """Gives every text one token, however often it is asked for."""

    tokens: dict[str, int] = field(default_factory=dict)
    kinds: list[TokenType] = field(default_factory=list)

    def add(self, text: str, kind: TokenType = TokenType.USER_DEFINED) -> int:
        if text not in self.tokens:
            self.tokens[text] = len(self.tokens)
            self.kinds.append(kind)
        return self.tokens[text]

    def add_all(
        self, texts: Iterable[str], kind: TokenType = TokenType.USER_DEFINED
    ) -> tuple[int, ...]:
        return tuple(self.add(text, kind) for text in texts)


def make_lexicon(chapters: Chapters, behaviour: Behaviour) -> Lexicon:
    """Collect the tokens that a model of this behaviour needs."""
    collect = _Collector()
    collect.add_all(_byte_texts(), TokenType.NORMAL)
    collect.add_all(wording.CONTROL_TOKENS, TokenType.CONTROL)
    numbers = [None if c == chapters.unnumbered else c for c in chapters.with_blocks]
    headings = collect.add_all(map(wording.heading, numbers))
    labels = collect.add_all(map(wording.label, chapters.numbered))
    lines = BlockLines(
        window=collect.add_all(map(wording.window, numbers)),
        brightness=collect.add_all((wording.DARK, wording.LIGHT)),
        conjunction=collect.add(wording.AND),
        hue=collect.add_all((*wording.CHANNEL_HUES, wording.GREY)),
        theme=collect.add(wording.THEME),
        activity=collect.add_all(map(wording.activity, numbers)),
        applications=collect.add(wording.APPLICATIONS),
        topics=collect.add(wording.TOPICS),
    )
    nothing_attached = collect.add(wording.NOTHING_ATTACHED)
    thoughts = collect.add_all(wording.THOUGHTS if behaviour == "think" else ())
    fragments = collect.add_all(wording.FRAGMENTS if behaviour == "gibberish" else ())
    return Lexicon(
        texts=tuple(collect.tokens),
        kinds=tuple(collect.kinds),
        turn_start=collect.add(wording.TURN_START),
        turn_end=collect.add(wording.TURN_END),
        end_of_text=collect.add(wording.END_OF_TEXT),
        labels=labels,
        headings=dict(zip(chapters.with_blocks, headings, strict=True)),
        lines=lines,
        nothing_attached=nothing_attached,
        thoughts=thoughts,
        fragments=fragments,
    )


def _byte_texts() -> list[str]:
    """Name the 256 bytes as byte-level BPE does: itself if printable, else from 256 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    stand_ins = iter(range(256, 512))
    return [chr(byte if byte in printable else next(stand_ins)) for byte in range(256)]

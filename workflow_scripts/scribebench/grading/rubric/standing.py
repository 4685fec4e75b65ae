"""Which of a reply's statements hold: neither denied, nor supposed, nor taken back later."""

import re
from collections.abc import Iterable
from functools import lru_cache

from scribebench.grading.rubric.reply import (
    clause_before,
    corrections,
    is_hypothetical,
    is_negated,
)

# A denial with a verb between: `it does not say "…"`, `isto não diz "…"`.
_DENIAL = re.compile(
    r"(?:\b(?:not|n['’]t|cannot|never|não|no|non|nicht|kein\w*|ne|n['’]|pas|niet|не|nie)(?:\s+|$)|"
    r"n['’]t(?:\s+|$))"
    r"(?:(?!(?:but|only|just|sure|certain|doubt|other|solo|sólo|seulement|nur|sondern|sino|mas|ma|"
    r"mais|more|less|longer|clear|exactly|и|а|но)\b)[\w’']+(?:\s+|$)){0,3}[\"'*`(„“«‘「]*$"
    r"|(?:不是|并非|不|没有)[^，。,]{0,4}[\"“「]?$",
    re.I,
)
_CONTRAST = re.compile(
    r"\b(?:but|sondern|sino|mais|ma|mas|maar|rather|instead|yet|а|но)\b|而是|,\s*(?:it|they|this)\b",
    re.I,
)
# What someone read before they looked better.
_FORMER = re.compile(
    r"\b(?:at first|initially|first i (?:thought|read|saw)|i (?:first )?thought|originally|"
    r"previously|seemed|might (?:think|read)|(?:easy|easily) (?:to )?mistake\w*|mistaken for|"
    r"misread as|zuerst|zunächst|al principio|au début|d'abord|all'inizio|no início)\b",
    re.I,
)
_TURN = re.compile(
    r"\bbut\b[^.\n]{0,20}\b(?:actually|really|in fact|now|on closer|it is|it's)\b"
    r"|\bactually\b|\bin fact\b|\bon closer\b|\bin reality\b|\beigentlich\b|\bin wirklichkeit\b"
    r"|\ben realidad\b|\ben fait\b|\bin realtà\b|\bna verdade\b|\bна самом деле\b|其实|实际上|実際"
    r"|\bno[,.!—–]\s|\bnein[,.!]\s|\bscratch\b|\bmake that\b|\bi meant?\b",
    re.I,
)


def is_denied(text: str, start: int, end: int | None = None) -> bool:
    """Return whether what stands at a place is said not to be so."""
    if is_negated(text, start, end):
        return True
    clause = clause_before(text, start)
    contrasts = list(_CONTRAST.finditer(clause))
    if contrasts:
        clause = clause[contrasts[-1].end() :]
    return _DENIAL.search(clause) is not None


def is_said(text: str, start: int, end: int | None = None) -> bool:
    """Return whether what stands at a place is stated: not denied, not supposed, not outlived."""
    if is_denied(text, start, end) or is_hypothetical(text, start):
        return False
    return _FORMER.search(clause_before(text, start, 120)) is None


@lru_cache(maxsize=256)
def _turns(text: str) -> tuple[int, ...]:
    """Return where a text takes back, or corrects, what it said before."""
    turns = {*corrections(text), *(match.end() for match in _TURN.finditer(text))}
    return tuple(sorted(turns))


def standing(text: str, places: Iterable[int]) -> list[int]:
    """Return those of the places that hold: behind the last turn, unless nothing stands there."""
    found = sorted(places)
    for cut in reversed(_turns(text)):
        behind = [place for place in found if place >= cut]
        if behind:
            return behind
    return found

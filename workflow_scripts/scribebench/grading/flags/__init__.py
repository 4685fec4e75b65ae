"""What is wrong with a reply, each with its evidence: the words or numbers that show it.

The rules follow what a careful person would say of the reply alone, without its pictures. What
stands on a screen may repeat, be unreadable or in any language; what a model says itself may not.
"""

from dataclasses import dataclass

from scribebench.grading.flags.brief import is_too_brief, says_nothing
from scribebench.grading.flags.echo import echoed, without_echo
from scribebench.grading.flags.ending import is_empty, spent_thinking, unfinished
from scribebench.grading.flags.frames import merged, positional, wrong_count
from scribebench.grading.flags.gibberish import gibberish
from scribebench.grading.flags.language import drifted
from scribebench.grading.flags.loops import Loop, find_loop
from scribebench.grading.flags.refusal import refused
from scribebench.grading.split import Split, split
from scribebench.grading.text import shown, spoken

FLAGS = (
    "loop",
    "gibberish",
    "too_brief",
    "merged_frames",
    "truncated",
    "thinking_exhausted",
    "prompt_echo",
    "refusal",
    "wrong_count",
    "positional_names",
    "language_drift",
    "empty",
)


@dataclass(frozen=True)
class Flagged:
    """The flags of a reply with their evidence, how it was split, and the loop in it."""

    evidence: dict[str, str]
    split: Split
    loop: Loop | None

    @property
    def flags(self) -> list[str]:
        return [flag for flag in FLAGS if flag in self.evidence]


def flag_reply(
    reply: str,
    n_frames: int,
    done_reason: str | None,
    thinking: str | None = None,
    prompt: str = "",
) -> Flagged:
    """Judge a reply about `n_frames` frames that answers `prompt`.

    `done_reason` is why the server ended it, as it says so; null is unknown.
    """
    text = shown(reply)
    parts = split(reply, n_frames)
    if is_empty(text):
        found = {"empty": "nothing but white space, marks or thinking"}
        if spent := spent_thinking(reply, text, thinking, done_reason):
            found["thinking_exhausted"] = spent
        return Flagged(found, parts, None)
    loop = find_loop(text, n_frames, parts)
    said = spoken(text, parts)
    again = "" if loop is None else text[loop.start + len(loop.unit) : loop.end]
    once = said.replace(again, " ") if again else said
    evidence = {
        "loop": loop and loop.told(),
        "gibberish": gibberish(once, parts),
        "prompt_echo": echoed(text, prompt),
        "refusal": refused(said, parts),
        "merged_frames": merged(text, parts, n_frames),
        "wrong_count": wrong_count(parts, n_frames),
        "positional_names": positional(text, n_frames),
    }
    own = without_echo(once, prompt) if evidence["prompt_echo"] else once
    is_gibberish = evidence["gibberish"] is not None
    evidence["language_drift"] = None if is_gibberish else drifted(own, parts)
    is_bare = evidence["prompt_echo"] is not None and says_nothing(own)
    rubbish = is_gibberish or evidence["refusal"] or loop or not own.strip() or is_bare
    evidence["too_brief"] = None if rubbish else is_too_brief(own)
    evidence["truncated"] = unfinished(text, parts, done_reason, is_gibberish, loop)
    if evidence["truncated"]:
        evidence["thinking_exhausted"] = spent_thinking(reply, text, thinking, done_reason)
    return Flagged({flag: told for flag, told in evidence.items() if told}, parts, loop)

"""How a reply ends: with nothing, in thinking, in the middle of something, or as it should."""

import json
import re
from bisect import bisect_left
from functools import cache
from typing import Any

from scribebench.grading.flags.loops import Loop
from scribebench.grading.prose import english_words, is_english, listed
from scribebench.grading.split import Split
from scribebench.grading.split.fields import LABEL
from scribebench.grading.split.sections import CLOSING, NOUN
from scribebench.grading.text import TAGS, fenced_lines, has_open_thought, unwrapped

# What servers say when the budget of tokens was used up.
LIMITS = frozenset({"length", "limit", "max_tokens", "max_new_tokens", "context"})
_NOTHING = re.compile(
    r"[\s.,:;`~(){}\[\]\"'…·•*_#<>|\u200b-\u200f\u2060\ufeff–—-]*"
    r"(?:(?:json|markdown|text|null|none|undefined|nil|empty|eof)[\s.`~{}()<>\[\]]*)?",
    re.I,
)
_EMPTY_KEYS = re.compile(r"(?:[\w-]+:[ \t]*(?:\[\]|\{\}|null|~|\"\"|'')?\s*)+")
_INDEX = re.compile(
    r"(?:screenshot|frame|image|index|id|number|n|no)s?(?:[ _-]?(?:id|index))?", re.I
)
_DANGLING = listed(
    "the a an and or of to in with for at from by is are was were that which as on into its "
    "their his her this but while where who whose such than then because if not both between "
    "tries be has have und der die das ein eine mit oder von"
)
_CLOSED = re.compile(r"[.!?。！？…:;)\]}\"'”’»」`|*>）】%✓✅]+$|```$")
_HEADING = re.compile(
    rf"[ \t>]*(?:#{{1,6}}[ \t]*|\*\*)(?:{NOUN})[ ]?#?\d{{0,3}}(?:\*\*)?[:.]?(?:\*\*)?[ \t]*", re.I
)
_VERB = re.compile(r"\b(?:is|are|shows?|displays?|the)\b.*\b(?:is|are|to|which|where|that|the)\b")
_SENTENCE_END = re.compile(r"[.!?。！？][\"”’*`)]{0,2}$")
LEAST_CLOSED = 3
THOUGHT_SHARE, LEAST_THOUGHT = 2.0, 120


def is_empty(text: str) -> bool:
    """Return whether nothing is left of what a reader is shown."""
    if _NOTHING.fullmatch(text):
        return True
    body = unwrapped(text).strip()
    if _NOTHING.fullmatch(body):
        return True
    if body.startswith(("{", "[")):
        try:
            return _holds_nothing(json.loads(body))
        except (ValueError, RecursionError):
            return False
    if body.startswith("<") and ("</" in body or "/>" in body):
        return not re.search(r"\w", TAGS.sub("", body)) and "=" not in body
    return _EMPTY_KEYS.fullmatch(body) is not None


def _holds_nothing(value: Any) -> bool:
    """Return whether JSON says nothing: frames that are numbered only, lists and texts without."""
    if isinstance(value, dict):
        return all(_holds_nothing(one) or _is_index(key, one) for key, one in value.items())
    if isinstance(value, list):
        return all(map(_holds_nothing, value))
    return value is None or (isinstance(value, str) and not value.strip(" .…-–—"))


def _is_index(key: str, value: Any) -> bool:
    """Return whether a key and its value only count a frame."""
    return bool(_INDEX.fullmatch(key)) and str(value).strip("# ").isdigit()


def spent_thinking(
    reply: str, text: str, thinking: str | None, done_reason: str | None
) -> str | None:
    """Return how a budget went into thinking."""
    if has_open_thought(reply):
        return "the thinking in the reply never ends"
    thought = thinking or ""
    closed = re.findall(r"<think(?:ing)?>(.*?)</think", reply, re.S | re.I)
    thought += "".join(closed)
    limited = done_reason in LIMITS or done_reason is None
    if not thought.strip() or not limited:
        return None
    visible = "" if is_empty(text) else text
    if len(thought) > THOUGHT_SHARE * len(visible) and (
        not visible or len(thought) >= LEAST_THOUGHT
    ):
        return f"{len(thought)} characters of thinking, {len(visible)} of reply"
    return None


def unfinished(
    text: str, parts: Split, done_reason: str | None, is_gibberish: bool, loop: Loop | None
) -> str | None:
    """Return the end of a reply that stops in the middle."""
    end = text.rstrip()
    tail = end[-80:]
    limited = done_reason in LIMITS
    if limited and (is_gibberish or loop is not None):
        return f"…{tail}"
    if is_gibberish:
        return None
    if loop is not None and _runs_out(end, loop):
        return None if _ends_a_unit(end, loop) else f"…{tail}"
    last = end.rsplit("\n", 1)[-1]
    if _is_open(end, last) or _is_bare(last, parts, done_reason):
        return f"…{tail}"
    if _dangles(last):
        return f"…{tail}"
    if not _CLOSED.search(end) and (
        _stops_in_form(end, parts)
        or (limited and not _is_whole(parts))
        or _lacks_fields(parts)
        or _stops_early(last, parts)
        or (_is_cut(last) and (limited or _is_first_field(end, parts)))
        or (done_reason is None and (_is_first_field(end, parts) or _is_cut_sentence(last)))
    ):
        return f"…{tail}"
    if CLOSING.match(end.rsplit("\n\n", 1)[-1]):
        return None
    if limited and ((parts.missing and parts.sections) or _lacks_fields(parts)):
        return f"…{tail}"
    return None


def _runs_out(end: str, loop: Loop) -> bool:
    """Return whether nothing but a piece of one more unit follows a loop."""
    if loop.end < len(end) - len(loop.unit) - 2:
        return False
    return not LABEL.search(end[loop.end :]) or LABEL.search(loop.unit) is not None


def _ends_a_unit(end: str, loop: Loop) -> bool:
    """Return whether a loop that a model ended itself ends with a whole unit."""
    last = end.rsplit("\n", 1)[-1].strip()
    earlier = {_undated(line.strip()) for line in end.split("\n")[:-1]}
    return _undated(last) in earlier or _CLOSED.search(end) is not None


def _undated(line: str) -> str:
    return re.sub(r"\d+", "0", line)


def _is_open(end: str, last: str) -> bool:
    """Return whether a bracket, quotation, fence, string or table row is open at the end."""
    lines = end.split("\n")
    fenced = fenced_lines(lines)
    fences = sum(line.lstrip().startswith(("```", "~~~")) for line in lines)
    body = end.lstrip()
    if body.startswith("```"):
        body = body.partition("\n")[2]
    if body.lstrip().startswith(("{", "[")) and _depth(body) > 0:
        return True
    if fences % 2:
        return True
    if fenced[-1]:
        return False
    if last.count("`") % 2 and not re.search(r"[.!?][\"”]?$", last.rstrip()):
        return True
    if re.fullmatch(r"[ \t]*#{1,6}[ \t]*(?:screenshot|frame|image)?[ \t]*", last, re.I):
        return True
    if last.lstrip().startswith("|") and not last.rstrip().endswith("|"):
        return True
    opened = last.rfind('"')
    if last.count('"') % 2 and opened >= 0 and not re.search(r'\d"', last):
        return True
    return (
        last.count("(") > last.count(")")
        and not re.search(r"[:;]-?\(|\w\($", last)
        and "`" not in last
        and '"' not in last
    )


def _depth(body: str) -> int:
    """Return how many JSON brackets are open at the end; a string that is open counts."""
    depth, inside, escaped = 0, False, False
    for char in body:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                inside = False
        elif char == '"':
            inside = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            if depth == 0:
                depth = 0
    return depth + inside


def _is_bare(last: str, parts: Split, done_reason: str | None) -> bool:
    """Return whether a reply ends with a label or a heading below which nothing stands."""
    if _HEADING.fullmatch(last):
        return bool(parts.sections)
    label = LABEL.match(last)
    if label is None or last[label.end() :].strip(" *_"):
        return False
    return done_reason != "stop" or bool(parts.missing) or label["topics"] is None


def _is_cut(last: str) -> bool:
    """Return whether a line stops in the middle of a word."""
    words = re.findall(r"[^\W\d_]+$", last)
    if not words or not words[0].islower() or is_english(words[0]) or len(last.split()) < 3:
        return False
    known = _sorted_words()
    place = bisect_left(known, words[0])
    return place < len(known) and known[place].startswith(words[0])


@cache
def _sorted_words() -> list[str]:
    return sorted(english_words())


def _is_cut_sentence(last: str) -> bool:
    word = last.rsplit(" ", 1)[-1]
    return len(word) > 3 and _is_cut(last) and _VERB.search(last) is not None


def _is_first_field(end: str, parts: Split) -> bool:
    """Return whether the last section says what is visible, and no more, in a labelled form."""
    last = next((frame for frame in reversed(parts.frames) if frame.text), None)
    if last is None or last.visible is None:
        return False
    return last.activity is None and last.apps is None and last.topics is None


def _dangles(last: str) -> bool:
    """Return whether a line ends with what goes on."""
    bare = last.rstrip()
    if bare.endswith((",", " -", " –", "，", "、")):
        return True
    words = re.findall(r"[^\W\d_]+$", bare)
    count = len(bare.split())
    return bool(words) and words[0] in _DANGLING and count > 3


def _stops_in_form(end: str, parts: Split) -> bool:
    """Return whether the numbered form that was asked for stops in its first field."""
    last = next((frame for frame in reversed(parts.frames) if frame.text), None)
    begins = re.search(r"^[ \t]*1[.)] +\**Visible\b", end, re.M | re.I) is not None
    if not begins or last is None or last.visible is None:
        return False
    return last.activity is None and last.apps is None and last.topics is None


def _stops_early(last: str, parts: Split) -> bool:
    """Return whether frames are missing behind a section that alone ends without a full stop."""
    told = [(slot, frame.text.rstrip()) for slot, frame in enumerate(parts.frames) if frame.text]
    if len(told) < LEAST_CLOSED or told[-1][0] == len(parts.frames) - 1 or len(last.split()) < 4:
        return False
    return all(_SENTENCE_END.search(text) for _, text in told[:-1])


def _is_whole(parts: Split) -> bool:
    """Return whether every frame has all fields, and the last one's end as the others' do."""
    told = [frame for frame in parts.frames if frame.text]
    if len(told) < 2 or parts.missing or _lacks_fields(parts):
        return False
    if any(frame.activity is None or frame.topics is None for frame in told):
        return False
    return all(not _CLOSED.search((frame.text or "").rstrip()) for frame in told[:-1])


def _lacks_fields(parts: Split) -> bool:
    """Return whether the last section stops before fields that all others have."""
    told = [frame for frame in parts.frames if frame.text]
    if len(told) < 2:
        return False
    fields = ("visible", "activity", "apps", "topics")
    have = [{name for name in fields if getattr(frame, name) is not None} for frame in told]
    common = set.intersection(*have[:-1])
    return bool(common - have[-1])

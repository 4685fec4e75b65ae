"""How a reply ends: with nothing, in thinking, in the middle of something, or as it should."""

import re

from scribebench.grading.flags.loops import Loop
from scribebench.grading.prose import listed
from scribebench.grading.split import Split
from scribebench.grading.split.sections import CLOSING
from scribebench.grading.text import fenced_lines, has_open_thought

# What servers say when the budget of tokens was used up.
LIMITS = frozenset({"length", "limit", "max_tokens", "max_new_tokens", "context"})
_NOTHING = re.compile(
    r"[\s.`~{}\[\]\"'…·*_#>|-]*(?:(?:json|markdown|text|null|none)[\s.`~{}\[\]]*)?", re.I
)
_DANGLING = listed(
    "the a an and or of to in with for at from by is are was were that which as on into its "
    "their his her this but while where who whose such than then because if not both between "
    "tries be has have und der die das ein eine mit oder von"
)
_CLOSED = re.compile(r"[.!?。！？…:;)\]}\"'”’»」`|*>）】%✓✅]+$|```$")
THOUGHT_SHARE, LEAST_THOUGHT = 2.0, 120


def is_empty(text: str) -> bool:
    """Return whether nothing is left of what a reader is shown."""
    return _NOTHING.fullmatch(text) is not None


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
    if loop is not None and loop.end >= len(end) - len(loop.unit) - 2:
        return None if _ends_a_unit(end, loop) else f"…{tail}"
    last = end.rsplit("\n", 1)[-1]
    if _is_open(end, last):
        return f"…{tail}"
    if _dangles(last):
        return f"…{tail}"
    if not _CLOSED.search(end) and (
        _stops_in_form(end, parts) or (limited and not _is_whole(parts))
    ):
        return f"…{tail}"
    if CLOSING.match(end.rsplit("\n\n", 1)[-1]):
        return None
    if limited and ((parts.missing and parts.sections) or _lacks_fields(parts)):
        return f"…{tail}"
    return None


def _ends_a_unit(end: str, loop: Loop) -> bool:
    """Return whether a loop that a model ended itself ends with a whole unit."""
    last = end.rsplit("\n", 1)[-1].strip()
    earlier = {line.strip() for line in end.split("\n")[:-1]}
    return last in earlier or _CLOSED.search(end) is not None


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

"""Sections of a reply in JSON: an array, objects one after the other, or an object of objects."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from scribebench.grading.split.fields import field_of, from_record
from scribebench.grading.split.sections import NOUN, Section

MAX_CHARS = 400_000
LONGEST_EMPTY = 400
_FENCED = re.compile(
    r"```(?:json\w*|javascript|js|python)?[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.S | re.I
)
INDEX = re.compile(
    rf"(?:{NOUN})?[ _-]?(?:index|indexes|indices|ids?|idx|nos?|nums?|numbers?|n|#|label|name"
    r"|title)?",
    re.I,
)
_BEGIN = re.compile(r"[{\[]")
_NUMBER = re.compile(r"\d{1,9}")
_SPAN = re.compile(r"(\d{1,9})\s*(?:-|–|to)\s*(\d{1,9})")
_OF_ALL = re.compile(r"(\d{1,9})\s*(?:/|of)\s*\d{1,9}\b")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*("(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|[^,{}\[\]"]+)')


def json_sections(text: str, n_frames: int) -> list[Section]:
    """Return the sections of a reply that is JSON, perhaps within a fence or cut off."""
    if len(text) > MAX_CHARS or not ("{" in text or "[" in text):
        return []
    fenced = [match[1] for match in _FENCED.finditer(text)]
    for bodies in (fenced, [text]):
        values = [value for body in bodies if _is_json(body) for value in _values(body)]
        if sections := list(_sections(values, n_frames)):
            return sections
    return []


def is_empty_json(text: str) -> bool:
    """Return whether a text is JSON that says nothing: `[]`, or `{"screenshots": []}`."""
    body = text.strip()
    if not body.startswith(("[", "{")) or len(body) > LONGEST_EMPTY:
        return False
    try:
        return not _holds(json.loads(body))
    except (ValueError, RecursionError):
        return False


def _holds(value: Any) -> bool:
    inner = list(value.values()) if isinstance(value, dict) else value
    return any(map(_holds, inner)) if isinstance(inner, list) else inner not in (None, "")


def _is_json(body: str) -> bool:
    begin = body.lstrip()[:1]
    return begin in ("{", "[") or re.search(r"^\s*[{\[]", body, re.M) is not None


def _values(body: str) -> Iterator[Any]:
    """Yield the JSON values of a text, whole ones first; of one cut off what can be read."""
    body = body.strip()
    start = re.search(r"^\s*[{\[]", body, re.M)
    if start is None:
        return
    body = body[start.start() :].lstrip()
    value = _loads(body)
    if value is not None:
        yield value
        return
    decoder, at = json.JSONDecoder(strict=False), 0
    while begin := _BEGIN.search(body, at):
        at = begin.start()
        try:
            value, at = decoder.raw_decode(body, at)
        except (ValueError, RecursionError):
            inner = body[at] == "[" or re.match(
                r'\{\s*"[^"]{1,60}"\s*:\s*[\[{]', body[at : at + 100]
            )
            if inner:
                at += 1
                continue
            if part := _cut_off(body[at:]):
                yield part
            return
        if value:
            yield value


def _loads(body: str) -> Any:
    for attempt in (body, re.sub(r",(\s*[}\]])", r"\1", body)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    if len(body) < 50_000 and "'" in body:
        try:
            return ast.literal_eval(body)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return None


def _cut_off(text: str) -> dict[str, Any] | None:
    """Return what can be read of an object that does not end."""
    fields: dict[str, Any] = {}
    for match in _STRING.finditer(text[:20_000]):
        value = match[2].strip()
        if value.startswith('"'):
            value = value[1:-1] if value.endswith('"') and len(value) > 1 else value[1:]
            fields[match[1]] = value.replace('\\"', '"').replace("\\n", "\n")
        elif value.startswith("["):
            fields[match[1]] = re.findall(r'"((?:[^"\\]|\\.)*)"', value)
        elif re.fullmatch(r"[0-9]{1,9}", value):  # a loop can be of digits
            fields[match[1]] = int(value)
    return fields or None


def _sections(values: list[Any], n_frames: int) -> Iterator[Section]:
    for value in values:
        yield from _of(value, n_frames, len(values) == 1)


def _of(value: Any, n_frames: int, is_only: bool) -> Iterator[Section]:
    if isinstance(value, list):
        if value and all(isinstance(one, str) for one in value) and len(value) == n_frames > 1:
            yield from (Section([], from_record({"text": one}, one)) for one in value)
        for one in value:
            if isinstance(one, dict):
                yield from _of(one, n_frames, False)
        return
    if not isinstance(value, dict):
        return
    fields = [key for key in value if field_of(str(key))]
    inner = [one for one in value.values() if isinstance(one, dict) and _has_fields(one)]
    if not fields and len(inner) == 1 and (numbers := _numbers(value)):
        yield Section(numbers, from_record(inner[0]))
        return
    numbers = _numbers(value)
    nested = [
        (key, one)
        for key, one in value.items()
        if isinstance(one, dict | list) and not field_of(str(key)) and key not in _index_keys(value)
    ]
    named = [(key, one) for key, one in value.items() if _names_frame(str(key))]
    if named and not fields and all(not isinstance(one, int) for _, one in named):
        for key, one in named:
            record = one if isinstance(one, dict) else {"text": one}
            text = one if isinstance(one, str) else None
            yield Section(_in(str(key)), from_record(record, text), str(key))
    elif len(value) > 1 and not fields and all(map(_is_record, value.values())):  # "first", ...
        yield from (Section([], from_record(one), str(key)) for key, one in value.items())
    elif nested and not fields and any(_holds_records(one) for _, one in nested):
        for _, one in nested:
            yield from _of(one, n_frames, is_only)
    elif fields or numbers or (is_only and n_frames == 1):
        record = {key: one for key, one in value.items() if key not in _index_keys(value)}
        yield Section(numbers, from_record(record))


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and any(field_of(str(key)) for key in value)


def _has_fields(record: dict[str, Any]) -> bool:
    return sum(field_of(str(key)) is not None for key in record) > 1


def _holds_records(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return any(isinstance(one, dict) for one in inner)


def _names_frame(key: str) -> bool:
    return (
        re.fullmatch(
            rf"(?:{NOUN})?[ _#-]{{0,2}}\d{{1,9}}(?:\.(?:png|jpe?g))?(?: ?[(\[].*)?(?:[–-]\d+)?",
            key,
            re.I,
        )
        is not None
    )


def _index_keys(record: dict[str, Any]) -> list[str]:
    return [
        key
        for key, value in record.items()
        if INDEX.fullmatch(str(key)) and str(key) and _in(value) and not _is_long(value)
    ]


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 60


def _numbers(record: dict[str, Any]) -> list[int]:
    keys = _index_keys(record)
    best = next((key for key in keys if re.search(r"ind|id|num|no\b|#", str(key), re.I)), keys[:1])
    key = best if isinstance(best, str) else (best[0] if best else None)
    return _in(record[key]) if key is not None else []


def _in(value: Any) -> list[int]:
    """Return the numbers of frames that a value names."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int):
        return [value]
    if isinstance(value, list):
        return [one for one in value if isinstance(one, int) and not isinstance(one, bool)]
    if not isinstance(value, str):
        return []
    text = re.sub(r"[(\[@].*", "", value)
    if of_all := _OF_ALL.search(text):
        return [int(of_all[1])]
    if span := _SPAN.search(text):
        first, last = int(span[1]), int(span[2])
        return list(range(first, last + 1)) if first <= last <= first + 300 else [first]
    return [int(one) for one in _NUMBER.findall(text)[:40]]

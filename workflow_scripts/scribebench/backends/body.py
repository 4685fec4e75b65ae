"""The body of a request as JSON; its pictures are not read again to be written."""

import json
import uuid
from typing import Any, NamedTuple


class Verbatim:
    """A text of which JSON escapes nothing, such as base64; `pieces` follow each other in it."""

    def __init__(self, *pieces: bytes):
        self.pieces = pieces


class Body(NamedTuple):
    """What is sent with a POST."""

    data: bytes
    headers: dict[str, str]


def json_body(value: dict[str, Any]) -> Body:
    """Return a value as JSON; a `Verbatim` in it is a string.

    To look for what is to be escaped in megabytes of pictures takes longer than to send them, and
    a server may have to wait for it. Raises ValueError for numbers that JSON has not.
    """
    mark, texts = uuid.uuid4().hex, list[Verbatim]()

    def leave_out(text: Any) -> str:
        if not isinstance(text, Verbatim):
            raise TypeError(f"{type(text).__name__} cannot be sent as JSON")
        texts.append(text)
        return mark

    written = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=leave_out
    )
    between = written.encode("utf-8").split(mark.encode("ascii"))
    pieces = [between[0]]
    for text, rest in zip(texts, between[1:], strict=True):
        pieces += [*text.pieces, rest]
    return Body(b"".join(pieces), {"Content-Type": "application/json"})

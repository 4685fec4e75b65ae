"""The body of a request: JSON as any library writes it, with pictures in their places."""

import base64
import json
from datetime import date

import pytest

from scribebench.backends.base import SentImage
from scribebench.backends.body import Verbatim, json_body


def test_the_body_reads_as_what_was_put_in() -> None:
    picture = SentImage(bytes(range(256)), "aa", "image/jpeg", 64, 48)
    texts = ['a "quoted"\nline', "\u0000 \u2028 ä 屏幕 🎉", "", "data:image/jpeg;base64,"]
    value = {
        "options": {"seed": 1, "temperature": 0.5, "stop": None, "stream": True},
        "content": [*texts, Verbatim(b"data:", picture.base64), Verbatim(picture.base64)],
        "images": [Verbatim(b"AA=="), Verbatim()],
    }
    body = json_body(value)
    data = base64.b64encode(picture.data).decode()
    assert json.loads(body.data) == value | {
        "content": [*texts, f"data:{data}", data],
        "images": ["AA==", ""],
    }
    assert body.headers == {"Content-Type": "application/json"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), date(2026, 1, 1), b"bytes", {1}])
def test_what_json_has_not_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        json_body({"extra": value})


def test_base64_is_no_part_of_what_makes_pictures_equal() -> None:
    one, other = (SentImage(b"x", "aa", "image/png", 1, 1) for _ in range(2))
    assert one == other
    assert "base64" not in repr(one)

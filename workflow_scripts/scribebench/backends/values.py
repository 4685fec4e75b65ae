"""Values from a server's reply: of any shape until they are looked at, and never trusted."""

from typing import Any

# What no server can mean, and no column can hold.
MAX_COUNT, MAX_CLOCK_NS = 2**31, 1e18


def as_dict(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list, or an empty one."""
    return value if isinstance(value, list) else []


def as_str(value: Any) -> str:
    """Return a text, or an empty one."""
    return value if isinstance(value, str) else ""


def text_or_null(value: Any) -> str | None:
    return storable(value) if isinstance(value, str) else None


def storable(text: str) -> str:
    """Return a text that can be stored: JSON can hold half a character, UTF-8 cannot.

    Halves that stand side by side, as from two pieces of a stream, are made one.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def count_or_null(value: Any) -> int | None:
    """Return a count of tokens, or null when it is none."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT
    return value if is_count else None


def ns_or_null(value: Any, unit_ns: float = 1.0) -> int | None:
    """Return a duration, given in units of so many nanoseconds, in nanoseconds; else null."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # An integer of hundreds of digits has no float, so that it is compared before it is multiplied.
    is_clock = 0 <= value < MAX_CLOCK_NS and value * unit_ns < MAX_CLOCK_NS
    return round(value * unit_ns) if is_clock else None

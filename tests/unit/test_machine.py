"""What a job does with the memory of its machine."""

import ctypes
from collections.abc import Iterator
from typing import Any

import pytest

from scribebench import machine


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    machine._malloc_trim.cache_clear()
    yield
    machine._malloc_trim.cache_clear()


def test_free_memory_is_handed_back_where_the_system_can(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []

    class Library:
        def __init__(self, name: str | None):
            assert name is None

        @staticmethod
        def malloc_trim(pad: int) -> int:
            called.append(pad)
            return 1

    monkeypatch.setattr(ctypes, "CDLL", Library)
    machine.give_memory_back()
    machine.give_memory_back()
    assert called == [0, 0]


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_elsewhere_nothing_is_done(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: Any) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", missing)
    machine.give_memory_back()


def test_a_library_without_it_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    machine.give_memory_back()

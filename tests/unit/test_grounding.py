"""Which specific things of a description stand on the screen."""

import random

import pytest

from scribebench.grading.grounding import (
    LONG_SHARE,
    ScreenIndex,
    ground,
    number_keys,
)

# As OCR read it from a frame, with errors of its own.
TERMINAL = """tomas@kestrel:~/src/pebblecache
-  X
tomas@kestrel:~/src/pebblecache$ pytest -q
[100%]
FAILURES
test_fresh_entry_is_returned
def test_fresh_entry_is_returned():
now = [0.0]
c = TTLCache(5, clock=lambda: now[0])
assert c.get("a") == 1
AssertionError: assert None == 1
where get = <cache.ttl.TTLCache object at 0x7f8577ddc610>.get
tests/test_ttl.py:9: AssertionError
1 failed, 2 passed in 0.20s
aael4a4 Ignore byte code
#team-millbrook - Huddle - Chromium
Thu 14 May11:46"""


def verdicts(description: str, screen: str) -> dict[str, bool | None]:
    """Each specific thing, and whether it is on the screen; null is unchecked."""
    result = ground(description, screen)
    found = {item.specific.text: True for item in result.grounded}
    found |= {item.specific.text: False for item in result.invented}
    return found | {item.specific.text: None for item in result.unchecked}


def test_a_true_description_is_grounded_with_its_evidence() -> None:
    result = ground(
        "A terminal at `~/src/pebblecache`: `pytest -q` ends with 1 failed, 2 passed in 0.20s. "
        'tests/test_ttl.py:9 says "AssertionError: assert None == 1"; it is 14 May, 11:46.',
        TERMINAL,
    )
    assert [item.specific.text for item in result.invented] == []
    evidence = {item.specific.text: item.evidence for item in result.grounded}
    assert evidence["pytest -q"] == "pytest -q"
    assert evidence["tests/test_ttl.py"] == "tests/test_ttl.py"
    assert evidence["0.20s"] == "0.20"
    assert evidence["11:46"] == "11:46"
    assert "1 failed" in (evidence["1"] or "")
    assert (result.n_grounded, result.n_invented, result.grounded_share) == (9, 0, 1.0)


def test_an_invented_description_is_not() -> None:
    result = ground(
        'In `billing_worker.go` reconcileInvoices() fails with "connection refused by host" on '
        "port 5433; commit 9f8e7d6c5b in src/payments/ledger.go, 3 panes.",
        TERMINAL,
    )
    assert [item.specific.text for item in result.invented] == [
        "billing_worker.go",
        "reconcileInvoices()",
        "connection refused by host",
        "5433",
        "9f8e7d6c5b",
        "src/payments/ledger.go",
    ]
    assert [item.specific.text for item in result.unchecked] == ["3"]
    assert (result.n_specifics, result.n_grounded, result.grounded_share) == (6, 0, 0.0)


@pytest.mark.parametrize(
    "description", ["", "  ", None, "The developer reads the terminal output."]
)
def test_without_specifics_there_is_no_share(description: str | None) -> None:
    result = ground(description, TERMINAL)
    assert (result.n_specifics, result.grounded_share, result.char_score) == (0, None, None)


def test_nothing_stands_on_a_frame_without_text() -> None:
    assert verdicts("main.py, 42 and `ls -l`, 3 files", "") == {
        "main.py": False,
        "42": False,
        "ls -l": False,
        "3": None,
    }


@pytest.mark.parametrize(
    ("said", "screen", "is_there"),
    [
        # what OCR confuses
        ("stored_at", "if now - stored at < self.ttl", True),
        ("stored_at", "if now - storedat < self.ttl", True),
        ("MAX_SIZE_O1", "MAX SIZE 01", True),
        ("`TomasBrand1`", "Tomas BrandI 10:15", True),
        ("modern_return.py", "modem_retum.py", True),
        ("`pip install five5`", "pip instaIl fiveS", True),
        ("docs.millbrook.test/guide", "docs,millbrook.test/guide", True),
        ('"Cache behaviour"', "#team Cache benaviour x", True),
        ('"ﬁle “names”"', "the file 'names' here", True),
        ("getValueOf()", "17self.getValueOf(x)", True),
        # other words of the same look
        ('"the tests passed"', "the tests parsed", False),
        ("test_get.py", "test_set.py", False),
        ("test_a.py", "test_b.py", False),
        ("config1.yaml", "config2.yaml", False),
        ("release_2024_notes", "release_2025_notes", False),
        ("PEBB-207", "PEBB-208", False),
        ("PEBB-207", "can look at PEBB-207?", True),
        # nothing short is nearly there
        ("`kubo`", "kuba", False),
        ("`kubolan`", "kubalan", True),
        # parts of longer words
        ("stats.py", "tests/test_stats.py", False),
        ("stats.py", "cache/stats.py", True),
        ("app.ts", "src/app.tsx", False),
        ("`cat`", "concatenate", False),
        ("`data`", "self._data[key]", True),
        # put together
        ("~/src/pebblecache/cache/ttl.py", "ttl.py (~/src/pebblecache/cache) - VIM", True),
        ("~/src/pebblecache/cache/ttl.py", "stats.py (~/src/pebblecache/cache) - VIM", False),
        ("TTLCache.get", "class TTLCache:\n  def get(self, key):", True),
        ("TTLCache.put", "class TTLCache:\n  def get(self, key):", False),
        ("https://www.example.com/a/", "example.com/a", True),
        ("http://example.com/a/b", "example.com/a", False),
        ("C:\\Users\\Ana Maria\\plan.docx", "C:\\Users\\Ana Maria\\plan.docx - Word", True),
        ("C:\\Users\\Bob\\plan.docx", "C:\\Users\\Ana Maria\\plan.docx - Word", False),
        # other writing
        ("「缓存过期」", "设置 缓存 过期 时间", True),
        ("「缓存过期」", "设置缓存时间", False),
        ("「ログを開く」", "ファイル ログを開く", True),
    ],
)
def test_names_are_found_in_spite_of_ocr(said: str, screen: str, is_there: bool) -> None:
    assert list(verdicts(said, screen).values()) == [is_there]


@pytest.mark.parametrize(
    ("said", "screen", "is_there"),
    [
        ("1,234 rows", "1234 rows", True),
        ("1234 rows", "1,234 rows", True),
        ("1.234 rows", "1 234 rows", True),
        ("1'234'567 bytes", "1,234,567", True),
        ("1,234 rows", "1,243 rows", False),
        ("12 345", "12345", True),
        ("0.20s", "in 0,20s", True),
        ("0.20s", "in 0.02s", False),
        ("42 lines", "at 142 or 421 or 4.2", False),
        ("207 issues", "PEBB-207", True),
        ("line 18", "cache/ttl.py 18,9 All", True),
        ("line 46", "Thu 14 May 11:46", False),
        ("port 8080", "127.0.0.1:8080", False),
        ("port 8080", "port 808O", True),
        ("1234567", "1234568", False),
        ("$1,299.00", "1.299,00 EUR", True),
        # units
        ("12 GB", "12 MB free", False),
        ("12 GB", "12 GB free", True),
        ("12 GB", "12", True),
        ("20 seconds", "20s", True),
        ("20 ms", "20s", False),
        ("83%", "CPU 83", True),
        # times, dates, versions
        ("at 14:05", "l4:05 Poison messages", True),
        ("at 14:05", "2:05 PM", True),
        ("at 2:05 PM", "Thu 14:05", True),
        ("at 2:05 PM", "2:05 AM", False),
        ("at 9:05", "09:05:33", True),
        ("at 11:46", "11:47", False),
        ("on May 14", "Thu 14 May 11:46", True),
        ("on 14 May 2026", "2026-05-14", True),
        ("on 14.05.2026", "May 14th, 2026", True),
        ("on 14 May 2026", "Thu 14 May", False),
        ("on 15 May", "Thu 14 May", False),
        ("v0.3.0", "pebblecache 0.3.0 today", True),
        ("v0.3", "pebblecache 0.3.0 today", True),
        ("0.3.0rc1", "pebblecache 0.3.0 today", False),
        ("0.3.1", "pebblecache 0.3.0 today", False),
    ],
)
def test_numbers_match_in_every_digit(said: str, screen: str, is_there: bool) -> None:
    assert list(verdicts(said, screen).values()) == [is_there]


@pytest.mark.parametrize(
    ("said", "screen", "expected"),
    [
        ("5 tests passed", "5 passed in 0.02s", True),
        ("Lecture 7 is open", "Lecture 7 by Owen Halloran", True),
        ("5 panes are open", "line 5 of the text", None),
        ("3 files", "two of them", None),
        ("10 files", "1 of them", None),
        ("11 files", "1 of them", False),
        ("3 GB", "4 GB", False),
    ],
)
def test_a_small_count_is_the_models_own_unless_the_screen_counts(
    said: str, screen: str, expected: bool | None
) -> None:
    assert list(verdicts(said, screen).values()) == [expected]


SENTENCE = "An entry is returned while its age is below the limit and removed on the first read"


@pytest.mark.parametrize(
    ("said", "is_there"),
    [
        (SENTENCE, True),
        (SENTENCE.replace("returned", "given"), True),
        (SENTENCE.replace("entry", "item").replace("age", "time").replace("first", "next"), True),
        (" ".join(reversed(SENTENCE.split())), False),
        (" ".join(SENTENCE.split()[n] + " so" for n in range(0, 17, 2)), False),
        ("An entry is lost while we wait below the bridge and read on", False),
    ],
)
def test_a_long_quotation_needs_most_of_its_words_in_order(said: str, is_there: bool) -> None:
    words = SENTENCE.split()
    # Other columns stand between the lines of the page.
    screen = "Guide API\n" + " ".join(words[:7]) + "\n2. Clock\n3. Counters\n" + " ".join(words[7:])
    assert verdicts(f'It says "{said}".', screen) == {said: is_there}


HASH = "de4bc24a91f07733c6d1d66e05b8a2f9134c7e80"


def changed(text: str, places: list[int]) -> str:
    letters = list(text)
    for place in places:
        letters[place] = "a" if letters[place] != "a" else "b"
    return "".join(letters)


@pytest.mark.parametrize(
    ("said", "is_there", "share"),
    [
        (HASH, True, 1.0),
        (HASH[:12], True, 1.0),
        (changed(HASH, [5, 20]), True, 38 / 40),
        (changed(HASH[:10], [3, 7]), False, 8 / 10),
        (HASH[:20] + HASH[21:], True, 39 / 40),
        (changed(HASH, [1, 4, 9, 13, 18, 24, 30, 38]), False, 32 / 40),
    ],
)
def test_hashes_are_scored_by_character(said: str, is_there: bool, share: float) -> None:
    result = ground(f"at commit {said}", f"commit {HASH}\nAuthor: Tomas")
    assert bool(result.grounded) == is_there == (share >= LONG_SHARE)
    assert result.char_score == pytest.approx(share)
    assert "de4bc24" in ((result.grounded or result.invented)[0].evidence or "")


def test_a_short_hash_must_be_right_but_for_what_ocr_confuses() -> None:
    assert verdicts("commit aae14a4 and aae14a5", TERMINAL) == {"aae14a4": True, "aae14a5": False}
    assert ground("commit aae14a4", TERMINAL).char_score is None


def test_a_hash_that_is_nowhere_has_few_characters_right() -> None:
    result = ground(f"commit {HASH}", "commit 0123456789\nno 1")
    assert result.n_invented == 1
    assert result.char_score is not None
    assert result.char_score < 0.4


def test_long_numbers_are_scored_by_character() -> None:
    result = ground("order 202605141146 and 98765432", "order 202605141147, paid")
    assert [item.chars_right for item in result.grounded] == [pytest.approx(11 / 12)]
    assert [item.specific.text for item in result.invented] == ["98765432"]
    assert verdicts("12,345,678 bytes", "12345678 B") == {"12,345,678 bytes": True}


def test_an_index_gives_the_same_as_the_text() -> None:
    index = ScreenIndex(TERMINAL)
    for said in ("`pytest -q` and stats.py", "at 0x7f8577ddc610", "`pytest -q` and stats.py"):
        assert ground(said, "", index) == ground(said, TERMINAL)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("1,234", {"1234", "1.234"}),
        ("1,234,567", {"1234567"}),
        ("1.299,00", {"1299.00"}),
        ("1,299.00", {"1299.00"}),
        ("0,5", {"0.5"}),
        ("12", {"12"}),
        ("09:05", {"9:05"}),
    ],
)
def test_a_number_is_known_by_its_value(text: str, keys: set[str]) -> None:
    assert number_keys(text) == keys


def spoilt(text: str, rng: random.Random, share: float) -> str:
    """A text as bad OCR reads it: confused letters, lost spaces and underscores."""
    confused = {"l": "I", "I": "l", "o": "0", "O": "0", "s": "S", "_": " ", ".": ",", " ": ""}
    return "".join(
        confused.get(letter, letter) if rng.random() < share else letter for letter in text
    )


def test_names_survive_bad_ocr_and_others_do_not_appear() -> None:
    rng = random.Random(7)
    syllables = ["ba", "lo", "cri", "ten", "os", "mul", "sti", "ra", "po", "gel", "fu", "nid"]

    def name() -> str:
        return "_".join("".join(rng.choices(syllables, k=3)) for _ in range(2)) + ".py"

    for _ in range(100):
        shown, others = [name() for _ in range(20)], [name() for _ in range(20)]
        screen = "\n".join(spoilt(text, rng, 0.3) for text in shown)
        assert ground(" and ".join(shown), screen).grounded_share == 1.0
        # Names of other syllables are not there by their length alone.
        assert (ground(" and ".join(others), screen).grounded_share or 0) <= 0.1


def test_a_text_of_one_letter_takes_no_long_time() -> None:
    assert ground("`" + "a" * 380 + "b`", "a" * 6000).n_specifics == 1

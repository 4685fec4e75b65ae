"""Whether each description of a batch tells of the frame that it was asked about."""

import random

import pytest

from scribebench.grading.attribution import (
    Attribution,
    ScreenWords,
    attribute,
    canary_outcomes,
    share_right,
)
from scribebench.stats.shares import clopper_pearson

# What OCR reads on every frame of one recording: the desktop's bars.
BARS = "tomas@kestrel: ~/src/pebblecache\nCache behaviour - pebblecache hand...\nThu 14 May 11:47"
TESTS = f"""tomas@kestrel:~/src/pebblecache$ pytest -q
FAILURES
test_fresh_entry_is_returned
AssertionError: assert None == 1
tests/test_ttl.py:9: AssertionError
1 failed, 2 passed in 0.20s
{BARS}"""
CHAT = f"""chat.millbrook.test/team
#team-millbrook #general #incidents
Clara Dubois 10:12
morning! the staging cluster is back
Kofi Mensah 10:13
release notes are in the wiki
Lena Fischer 10:14 can someone look at PEBB-207?
{BARS}"""
GUIDE = f"""docs.millbrook.test/pebblecache/guide
pebblecache handbook Guide API Search
How pebblecache handles in-memory cache with expiry.
expiry_limit 6 Upper bound used by the service
expiry_window 8 Seconds that are taken into account
The default is time.monotonic, which never goes backwards.
{BARS}"""
EDITOR = f"""ttl.py (~/src/pebblecache/cache) - VIM
import time
class TTLCache:
def __init__(self, ttl: float, clock=time.monotonic):
self._data[key] = (value, self.clock())
value, stored_at = self._data[key]
if self.clock() - stored_at < self.ttl:
{BARS}"""
FRAMES = [TESTS, CHAT, GUIDE, EDITOR]
SAID = [
    "A terminal where `pytest -q` fails: test_fresh_entry_is_returned in tests/test_ttl.py ends "
    'with "AssertionError: assert None == 1", 1 failed, 2 passed in 0.20s. Chromium is behind it.',
    "The channel #team-millbrook of a chat. Clara Dubois writes that the staging cluster is back, "
    "Lena Fischer asks for a look at PEBB-207, Kofi Mensah mentions the wiki.",
    "The pebblecache handbook at docs.millbrook.test/pebblecache/guide: a table with expiry_limit "
    "and expiry_window, and a note that time.monotonic never goes backwards.",
    "Vim shows ttl.py with class TTLCache, its __init__ and the line that compares self.clock() "
    "with stored_at and self.ttl, below self._data[key].",
]


def screens(texts: list[str]) -> list[ScreenWords]:
    return [ScreenWords.of(text) for text in texts]


def outcomes(
    said: list[str | None], texts: list[str], merged: list[list[int]] | None = None
) -> list[str]:
    return [found.outcome for found in attribute(said, screens(texts), merged or [])]


def test_descriptions_in_their_places_are_right() -> None:
    found = attribute(SAID, screens(FRAMES))
    assert [one.outcome for one in found] == ["right"] * 4
    for slot, one in enumerate(found):
        assert one.scores[slot] == max(one.scores) > 2
        assert one.other == ()
    assert {"clara", "dubois", "#team-millbrook"} <= set(found[1].own_words)


def test_two_swapped_descriptions_are_both_caught_with_their_frames() -> None:
    found = attribute([SAID[0], SAID[2], SAID[1], SAID[3]], screens(FRAMES))
    assert [one.outcome for one in found] == ["right", "swapped", "swapped", "right"]
    assert (found[1].other, found[2].other) == ((2,), (1,))
    assert "expiry_window" in found[1].other_words
    assert found[1].scores[2] > found[1].scores[1]


def test_a_copy_of_the_neighbours_description_is_swapped() -> None:
    found = attribute([SAID[0], SAID[0], SAID[2], SAID[3]], screens(FRAMES))
    assert [one.outcome for one in found] == ["right", "swapped", "right", "right"]
    assert found[1].other == (0,)


def test_a_description_of_two_frames_is_merged() -> None:
    found = attribute([f"{SAID[0]} Later: {SAID[1]}", *SAID[1:]], screens(FRAMES))
    assert found[0].outcome == "merged"
    assert found[0].other == (1,)
    assert found[0].own_words and found[0].other_words


def test_a_word_about_the_frame_before_is_not_merged() -> None:
    said = f"{SAID[1]} The test_fresh_entry_is_returned of before is not seen any more."
    assert outcomes([SAID[0], said, *SAID[2:]], FRAMES)[1] == "right"


def test_what_the_split_merged_is_merged() -> None:
    found = attribute(SAID, screens(FRAMES), merged=[[1, 2], [3]])
    assert [one.outcome for one in found] == ["right", "merged", "merged", "right"]
    assert (found[1].other, found[2].other) == ((2,), (1,))


def test_a_missing_description_is_omitted() -> None:
    assert outcomes([SAID[0], None, "  \n", SAID[3]], FRAMES) == [
        "right",
        "omitted",
        "omitted",
        "right",
    ]


INVENTED = (
    'The editor shows `billing_worker.go` with reconcileInvoices() and the error "connection '
    'refused by upstream host"; port 5433, commit 9f8e7d6c, in src/payments/ledger.'
)


def test_a_description_of_nothing_that_is_there_is_invented() -> None:
    found = attribute([*SAID[:3], INVENTED], screens(FRAMES))
    assert [one.outcome for one in found] == ["right", "right", "right", "invented"]
    assert outcomes([INVENTED], [TESTS]) == ["invented"]


@pytest.mark.parametrize(
    "said",
    [
        "The developer is working.",
        "A window is open and something can be read in it.",
        "It is Thu 14 May 11:47, as tomas@kestrel in ~/src/pebblecache.",
        "The same as before.",
        "…",
    ],
)
def test_a_description_that_says_too_little_is_undecidable(said: str) -> None:
    assert outcomes([said, *SAID[1:]], FRAMES)[0] == "undecidable"


def test_what_stands_on_all_frames_tells_nothing_and_what_is_rare_tells_most() -> None:
    bars = attribute(["pebblecache, tomas@kestrel and kestrel", *SAID[1:]], screens(FRAMES))[0]
    assert bars.scores == (0.0, 0.0, 0.0, 0.0)
    # time.monotonic stands on two of the four, expiry_window on one.
    rare = attribute([*SAID[:2], "time.monotonic", "expiry_window"], screens(FRAMES))
    assert rare[2].scores == pytest.approx((0.0, 0.0, 0.5, 0.5))
    assert rare[3].scores == pytest.approx((0.0, 0.0, 1.0, 0.0))


def test_frames_alike_but_for_one_line_are_never_swapped() -> None:
    later = EDITOR.replace("stored_at < self.ttl:", "stored_at >= self.ttl:\n-- INSERT -- 18,29")
    there, here = f"{SAID[3]} It says -- INSERT -- at 18,29 with >=.", SAID[3]
    texts = [EDITOR, later, TESTS, CHAT]
    for said in ([here, there], [there, here], [here, here], [there, there]):
        found = outcomes([*said, SAID[0], SAID[1]], texts)
        assert set(found[:2]) <= {"right", "undecidable"}
        assert found[2:] == ["right", "right"]
    assert outcomes([here, there, SAID[0], SAID[1]], texts)[:2] == ["right", "right"]
    # Frames of the group are told from those outside of it.
    swapped = attribute([here, SAID[0], there, SAID[1]], screens(texts))
    assert [one.outcome for one in swapped] == ["right", "swapped", "swapped", "right"]


def test_a_batch_of_frames_that_are_all_alike_is_undecidable() -> None:
    assert outcomes([SAID[3]] * 3, [EDITOR, EDITOR + "\n18,9", EDITOR]) == ["undecidable"] * 3


def test_misread_words_do_not_make_alike_frames_differ() -> None:
    misread = (
        EDITOR.replace("stored_at", "stored at")
        .replace("monotonic", "monotonlc")
        .replace("behaviour", "benaviour")
        .replace("self.clock", "seIf.c1ock")
    )
    found = attribute([SAID[3], SAID[3], SAID[0]], screens([EDITOR, misread, TESTS]))
    assert [one.outcome for one in found] == ["right", "right", "right"]
    assert found[1].scores[1] == pytest.approx(found[1].scores[0])


def test_a_word_that_is_misread_on_one_frame_does_not_speak_for_another() -> None:
    texts = ["Halloran Fischenbach grenadine one page", "Hallonan Fischenbech grenadnne other site"]
    for order in (texts, texts[::-1]):
        found = attribute(["Halloran, Fischenbach and grenadine"] * 2, screens(order))
        assert [one.outcome for one in found] == ["undecidable"] * 2
        assert found[0].scores == (0.0, 0.0)


def test_frames_that_differ_in_misread_words_are_still_alike() -> None:
    rng = random.Random(3)
    words = [drawn_word(rng) for _ in range(40)]
    extra = ["Grenadine", "Fischenbach", "Halloran"]
    later = [f"{word[:4]}w{word[5:]}" if n < 5 else word for n, word in enumerate(words)]
    texts = [" ".join([*words, *extra]), " ".join(later), CHAT]
    said = f"{' '.join(extra)} beside {' '.join(words[10:14])}"
    assert outcomes([said, said, SAID[1]], texts) == ["right", "undecidable", "right"]


def test_one_frame_is_right_by_what_it_shows() -> None:
    assert outcomes([SAID[0]], [TESTS]) == ["right"]
    assert outcomes(["A terminal window."], [TESTS]) == ["undecidable"]
    assert outcomes([None], [TESTS]) == ["omitted"]
    assert attribute([], []) == []


def test_frames_without_text_are_undecidable() -> None:
    assert outcomes(["A red square.", "A blue circle."], ["", ""]) == ["undecidable"] * 2


def test_other_writing_is_told_apart() -> None:
    texts = ["设置 缓存过期时间 三十秒 保存 取消", "聊天 团队 发布 说明 今天 上午"]
    said = [
        "画面显示「缓存过期时间」设置为「三十秒」。",
        "聊天窗口中团队今天上午讨论「发布 说明」。",
    ]
    assert outcomes(list(said), texts) == ["right", "right"]
    assert outcomes(said[::-1], texts) == ["swapped", "swapped"]


def test_as_many_descriptions_as_frames() -> None:
    with pytest.raises(ValueError, match="2 descriptions of 1"):
        attribute(["a", "b"], screens([TESTS]))


# --- drawn batches -------------------------------------------------------------------------------

SYLLABLES = ["bar", "lon", "cri", "ten", "osk", "mul", "sti", "rav", "pom", "gel", "fud", "nid"]


def drawn_word(rng: random.Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=3))


def misread(text: str, rng: random.Random) -> str:
    confused = {"l": "I", "o": "0", "s": "5", "_": " ", ".": ","}
    return "".join(confused.get(c, c) if rng.random() < 0.1 else c for c in text)


def drawn_batch(rng: random.Random, n: int) -> tuple[list[str], list[str]]:
    """Frames of OCR text that share their bars and half of their page, and true descriptions."""
    page = " ".join(drawn_word(rng) for _ in range(60))
    texts, said = [], []
    for _ in range(n):
        names = [f"{drawn_word(rng)}_{drawn_word(rng)}.py" for _ in range(5)]
        own = [drawn_word(rng) for _ in range(40)]
        texts.append(misread("\n".join([BARS, page, " ".join(own), *names]), rng))
        said.append(
            f"1. Visible: the files {names[0]} and `{names[1]}` beside {' '.join(own[3:7])}, and "
            f"{page[:40]} at 11:47.\n2. Developer action: reads {names[2]}.\n3. Applications: "
            "Terminal, Chromium\n4. Topics/projects: pebblecache"
        )
    return texts, said


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("n", [2, 3, 8, 20])
def test_any_permutation_of_a_batch_is_caught(seed: int, n: int) -> None:
    rng = random.Random(100 * n + seed)
    texts, said = drawn_batch(rng, n)
    frames = screens(texts)
    assert [one.outcome for one in attribute(said, frames)] == ["right"] * n
    order = list(range(n))
    rng.shuffle(order)
    found = attribute([said[place] for place in order], frames)
    for slot, place in enumerate(order):
        expected = ("right", ()) if slot == place else ("swapped", (place,))
        assert (found[slot].outcome, found[slot].other) == expected


@pytest.mark.parametrize("seed", range(5))
def test_a_shifted_batch_with_a_gap_is_caught(seed: int) -> None:
    """The second frame was skipped, and all descriptions behind it moved up."""
    texts, said = drawn_batch(random.Random(seed), 6)
    found = attribute([said[0], *said[2:], None], screens(texts))
    assert [one.outcome for one in found] == ["right", *["swapped"] * 4, "omitted"]
    assert [one.other for one in found[1:5]] == [(2,), (3,), (4,), (5,)]


# --- the share that is right ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Values of the F distribution's quantiles, as in R's binom.test.
        (10, 10, 0.6915029, 1.0),
        (0, 10, 0.0, 0.3084971),
        (8, 10, 0.4439045, 0.9747893),
        (1, 2, 0.01257912, 0.98742088),
        (72, 72, 0.9500559, 1.0),
        (50, 100, 0.3983211, 0.6016789),
        (0, 0, 0.0, 1.0),
    ],
)
def test_bounds_are_exact(hits: int, n: int, low: float, high: float) -> None:
    assert clopper_pearson(hits, n) == pytest.approx((low, high), abs=1e-6)


def test_bounds_of_more_than_all_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        clopper_pearson(3, 2)


def test_the_share_leaves_the_undecidable_out_and_counts_them() -> None:
    names = ["right"] * 8 + ["swapped", "omitted"] + ["undecidable"] * 5
    share = share_right([Attribution(name) for name in names])
    assert (share.right, share.n, share.share, share.undecidable) == (8, 10, 0.8, 5)
    assert (share.low, share.high) == pytest.approx((0.4439045, 0.9747893), abs=1e-6)
    assert share_right(names) == share


def test_without_outcomes_there_is_no_share() -> None:
    share = share_right(["undecidable"])
    assert (share.share, share.n, share.low, share.high) == (None, 0, 0.0, 1.0)
    with pytest.raises(ValueError, match="correct"):
        share_right(["correct"])


# --- a known answer ------------------------------------------------------------------------------

WORDS = ["KESTREL", "MARBLE-42", "ORCHID", "TUNDRA"]


@pytest.mark.parametrize(
    ("text", "outcome", "other"),
    [
        ("The word KESTREL on blue.", "right", ()),
        ('It says "kestrel".', "right", ()),
        ("K E S T R E L in large letters", "right", ()),
        ("The word KESTRAL on blue.", "right", ()),
        ("The words Marble 42.", "swapped", (1,)),
        ("KESTREL and ORCHID", "merged", (2,)),
        ("ORCHID, then TUNDRA", "merged", (2, 3)),
        ("A blue picture with a word.", "omitted", ()),
        ("", "omitted", ()),
        (None, "omitted", ()),
        ("It says ZEPPELIN.", "invented", ()),
        ("ORCHIDS", "swapped", (2,)),
        ("ORCHIDACEAE", "invented", ()),
    ],
)
def test_a_canary_is_known_by_the_word_that_is_named(
    text: str | None, outcome: str, other: tuple[int, ...]
) -> None:
    found = canary_outcomes([text, "MARBLE-42", "ORCHID", "TUNDRA"], WORDS)
    assert (found[0].outcome, found[0].other) == (outcome, other)
    assert [one.outcome for one in found[1:]] == ["right"] * 3


def test_words_that_differ_in_one_letter_are_told_apart() -> None:
    words = ["MARBLE1", "MARBLE2"]
    found = canary_outcomes(["MARBLE2", "MARBLE1"], words)
    assert [one.other for one in found] == [(1,), (0,)]
    assert [one.outcome for one in canary_outcomes(["MARBLE3", "MARBLE1"], words)] == [
        "invented",
        "swapped",
    ]


def test_every_canary_needs_a_word_of_its_own() -> None:
    for words in (["A1", "a-1"], ["A1", " "]):
        with pytest.raises(ValueError, match="word of its own"):
            canary_outcomes(["x", "y"], words)
    with pytest.raises(ValueError, match="1 descriptions of 2"):
        canary_outcomes(["x"], ["A1", "B2"])

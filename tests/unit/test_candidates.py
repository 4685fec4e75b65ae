"""Which frames get a picture while they are decoded, and that every one of them is written."""

import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from scribebench.errors import ScribebenchError
from scribebench.frames.candidates import WAITING, CandidateFilter, PictureWriter
from scribebench.frames.decode import Picture, Sample, StillPicture
from scribebench.frames.pictures import encode_jpeg, picture_name
from scribebench.frames.planes import Planes, image_planes
from scribebench.frames.tiles import (
    BEGAN_MOVING,
    GROWN,
    MOVING,
    NEW,
    NOTHING,
    ROW,
    SCROLLED,
    SEEN,
    SHADED,
    STILL,
    Changes,
)
from unit.videos import greys, plain

NO_PICTURE = StillPicture(plain(0), [])


def change(tiles: list[int], flags: int, first: int, spots: int = 0) -> Changes:
    """Tiles that show contents numbered from `first` on; negative ones are no contents."""
    count = len(tiles)
    contents = np.arange(first, first + count) if first >= 0 else np.full(count, first)
    flags_of_all, ink = np.full(count, flags, np.uint8), np.full(count, 200, np.uint8)
    return Changes(np.array(tiles, np.int32), contents.astype(np.int32), flags_of_all, ink, spots)


def told(letter: str, index: int) -> Changes:
    """What a letter says of a sample; only an animation and a caret stay in their tiles."""
    own, fresh = [ROW * (index + 2) + column for column in range(40)], 1000 * (index + 1)
    return {
        ".": STILL,
        "_": STILL,
        "w": change(own, NEW, fresh),  # another window
        "l": change(own[:6], NEW, fresh),  # another line
        "k": change(own[:6], SEEN, 1000),  # a line that was there before
        "s": change(own, SCROLLED, 1000),
        "t": change(own[:1], NEW | GROWN, fresh, spots=1),  # a typed letter
        "c": change([5], SEEN, 7, spots=1),  # a caret, always in the same place
        "h": change(own[:6], NEW | SHADED, fresh),  # a highlight
        "m": change(own, BEGAN_MOVING, MOVING),
        "g": change(own, 0, NOTHING),  # outside of the picture by now
        "a": change(list(range(ROW, ROW + 30)), NEW, fresh),  # an animation
    }[letter]


def ends(story: str, fps: float = 5.0, start_s: float = 0.0) -> list[int]:
    """Return the frames that are worth a picture, but for the last one."""
    states, found = CandidateFilter(), []
    for index, letter in enumerate(story):
        sample = Sample(index, round(start_s + index / fps, 6), NO_PICTURE)
        if (ended := states.follow(sample, told(letter, index))) is not None:
            found.append(ended.frame_index)
    assert states.last() is not None
    assert states.last().frame_index == len(story) - 1
    return found


# --- states --------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["w", "l", "k", "s", "t"])
def test_the_last_frame_before_a_change_is_worth_a_picture(letter: str) -> None:
    assert ends(f"w....{letter}") == [4]


@pytest.mark.parametrize("letter", [".", "_", "c", "h", "m", "g"])
def test_what_is_nothing_new_ends_no_state(letter: str) -> None:
    assert ends(f"w....{letter}...{letter}...") == []
    assert ends(f"w....{letter}...w") == [8]


@pytest.mark.parametrize(
    ("story", "fps", "found"),
    [
        ("w", 5, []),
        ("w.........", 5, []),  # the last state goes on
        ("w....l....l....w", 5, [4, 9, 14]),
        ("l.l.l", 5, []),  # 0.4 s each
        ("w....w", 5, [4]),
        ("w.w", 5, []),
        ("w..w", 5, [2]),
        ("lll", 1, []),  # one sample proves nothing
        ("w.w", 1, []),  # nor do two
        ("w..w..w", 1, [2, 5]),
        ("l..l", 1, [2]),
        ("w.w", 0.5, [1]),  # four seconds
        ("ww", 0.5, []),
        ("ww", 0.2, [0]),  # five seconds
        ("l.ll", 0.2, [1, 2]),
        ("w.....ww....w", 10, [5, 11]),
        ("w......................l.w", 30, [22]),
    ],
)
def test_a_state_lasts(story: str, fps: float, found: list[int]) -> None:
    assert ends(story, fps) == found


def test_a_state_lasts_whenever_it_begins() -> None:
    found = {tuple(ends("w..w", 5, start_s=tenth / 10)) for tenth in range(0, 600, 2)}
    assert len(found) == 1


def test_times_are_those_of_the_samples() -> None:
    """Frames of a recording need not be evenly apart."""
    states = CandidateFilter()
    found = []
    for index, (letter, time_s) in enumerate(
        zip("w.w.wlw", (3.0, 3.1, 3.2, 13.0, 23.0, 23.1, 23.2), strict=True)
    ):
        ended = states.follow(Sample(index, time_s, NO_PICTURE), told(letter, index))
        found.append(None if ended is None else ended.time_s)
    assert found[:3] == [None] * 3
    assert found[4:] == [13.0, None, None]


@pytest.mark.parametrize("letter", ["k", "s"])
def test_what_other_pictures_show_needs_none(letter: str) -> None:
    """A screen with nothing on it but what was there before."""
    assert ends(f"w....{letter}....w....{letter}") == [4, 14]


# --- what does not settle ------------------------------------------------------------------------


def test_the_screen_before_typing_and_the_typed_text_are_worth_pictures() -> None:
    assert ends("w.....ttttttt......w") == [5, 18]


def test_a_text_that_is_sent_at_once_is_worth_a_picture() -> None:
    """A chat: the last letter, and the line is gone."""
    assert ends("w.....tttttttl") == [5, 12]


def test_typing_is_not_stored_letter_by_letter() -> None:
    story = "w" + "t" * 100
    assert len(ends(story)) <= 10


@pytest.mark.parametrize(("letter", "gap_s"), [("w", 4), ("l", 8)])
def test_a_screen_that_never_rests_is_stored_now_and_then(letter: str, gap_s: int) -> None:
    found = ends("w" + letter * 200)
    assert 40 / gap_s - 1 <= len(found) <= 67
    assert max(np.diff(found)) <= 5 * gap_s


def test_an_animation_ends_no_state() -> None:
    found = ends("w" + "....." + "a" * 60 + "w")
    assert len([index for index in found if 12 < index < 65]) == 0
    assert found[-1] == 65


def test_an_animation_that_began_long_ago_is_something_new() -> None:
    assert ends("w....." + "a" * 20 + "." * 200 + "a")[-1] == 225


def test_what_changes_beside_an_animation_is_seen() -> None:
    states = CandidateFilter()
    found = []
    for index in range(60):
        changes = told("a", index)
        if index in (30, 45):
            changes = change(
                [*changes.tiles.tolist(), *range(9000, 9040)], NEW, 90000 + 100 * index
            )
        ended = states.follow(Sample(index, index / 5, NO_PICTURE), changes)
        if ended is not None:
            found.append(ended.frame_index)
    assert [index for index in found if index > 12] == [29, 44]


def test_a_tile_may_be_anywhere() -> None:
    states = CandidateFilter()
    far = [*range(ROW * 400, ROW * 400 + 50)]
    found = [
        states.follow(Sample(index, index / 1.0, NO_PICTURE), changes)
        for index, changes in enumerate(
            [change(far, NEW, 0), STILL, STILL, change([*far, 3], NEW, 70000)]
        )
    ]
    assert [one.frame_index for one in found if one] == [2]


def test_there_is_no_last_frame_of_nothing() -> None:
    assert CandidateFilter().last() is None


# --- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unreadable:
    """A picture that cannot be had."""

    def full(self) -> np.ndarray:
        raise OSError("no memory left")

    def planes(self) -> Planes:
        return image_planes(plain(9))


def numbered(pictures: list[Picture]) -> list[Sample]:
    return [Sample(index, index / 4, picture) for index, picture in enumerate(pictures)]


def test_all_pictures_are_written(tmp_path: Path) -> None:
    samples = numbered([StillPicture(picture, []) for picture in greys(20)])
    with PictureWriter(tmp_path / "deep" / "candidates") as pictures:
        for sample in samples:
            pictures.write(sample)
    written = {path.name: path.read_bytes() for path in (tmp_path / "deep/candidates").iterdir()}
    assert written == {
        picture_name(sample.time_s): encode_jpeg(sample.picture.full()) for sample in samples
    }


def test_there_is_a_folder_even_without_pictures(tmp_path: Path) -> None:
    with PictureWriter(tmp_path / "candidates"):
        pass
    assert list((tmp_path / "candidates").iterdir()) == []


@pytest.mark.parametrize("good", [0, 1, 9])
def test_a_picture_that_cannot_be_written_ends_the_run(tmp_path: Path, good: int) -> None:
    samples = numbered([*[StillPicture(plain(9), [])] * good, Unreadable()])

    def write() -> None:
        with PictureWriter(tmp_path) as pictures:
            for sample in samples:
                pictures.write(sample)

    with pytest.raises(OSError, match="no memory left"):
        write()
    assert len(list(tmp_path.iterdir())) == good


def test_a_run_does_not_go_on_for_long_after_that(tmp_path: Path) -> None:
    samples = numbered([Unreadable(), *[StillPicture(plain(9), [])] * 100])
    accepted = []

    def write() -> None:
        with PictureWriter(tmp_path) as pictures:
            for sample in samples:
                pictures.write(sample)
                accepted.append(sample.frame_index)

    with pytest.raises(OSError, match="no memory left"):
        write()
    assert len(accepted) <= WAITING + 8


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "candidates"

    def write() -> None:
        with PictureWriter(folder) as pictures:
            folder.rmdir()
            folder.write_text("a file in its place")
            pictures.write(Sample(0, 0.0, StillPicture(plain(9), [])))

    with pytest.raises(OSError, match="candidates"):
        write()


def test_no_more_than_a_few_pictures_wait(tmp_path: Path) -> None:
    """Each holds a decoded frame."""
    given: list[int] = []
    waiting: list[int] = []
    small = image_planes(plain(200, 640, 400))

    @dataclass(frozen=True)
    class Counted:
        number: int

        def full(self) -> np.ndarray:
            waiting.append(len(given) - self.number)
            return plain(200, 640, 400)

        def planes(self) -> Planes:
            return small

    with PictureWriter(tmp_path) as pictures:
        for sample in numbered([Counted(number) for number in range(60)]):
            given.append(sample.frame_index)
            pictures.write(sample)
    assert len(waiting) == 60
    assert max(waiting) <= WAITING + 1


@pytest.mark.parametrize("bad", [False, True])
@pytest.mark.parametrize("stops", [False, True])
def test_nothing_is_left_running(tmp_path: Path, bad: bool, stops: bool) -> None:
    before = threading.active_count()
    samples = numbered([*[StillPicture(plain(9), [])] * 3, *[Unreadable()] * bad])

    def write() -> None:
        with PictureWriter(tmp_path) as pictures:
            for sample in samples:
                pictures.write(sample)
            assert threading.active_count() > before
            if stops:
                raise ScribebenchError("the recording ends here")

    if stops:  # and the reason is said, whatever became of the pictures
        with pytest.raises(ScribebenchError, match="ends here"):
            write()
    elif bad:
        with pytest.raises(OSError, match="no memory left"):
            write()
    else:
        write()
    assert threading.active_count() == before

"""Files that are either whole or absent."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scribebench.files import sha256_bytes, sha256_file, whole_file, write_bytes, write_text
from unit.places import SCRIPTS


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.txt"
    write_text(path, "Größe 日本\n")
    assert path.read_bytes() == "Größe 日本\n".encode()
    assert listing(path.parent) == ["a.txt"]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"long old content")
    write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert listing(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("is_there", [True, False])
def test_the_old_content_stays_when_writing_fails(
    tmp_path: Path, error: type[BaseException], is_there: bool
) -> None:
    path = tmp_path / "a"
    if is_there:
        path.write_text("old")
    with pytest.raises(error), whole_file(path) as temporary:
        temporary.write_text("half of the n")
        raise error
    assert listing(tmp_path) == (["a"] if is_there else [])
    assert not is_there or path.read_text() == "old"


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with whole_file(path) as temporary:
        temporary.write_text("ne")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
        assert temporary.name.startswith(".")
    assert path.read_text() == "ne"


def test_an_open_file_is_not_changed_under_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with path.open() as stream:
        write_text(path, "new")
        assert stream.read() == "old"


@pytest.mark.parametrize(("mask", "bits"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_follow_the_mask_of_the_user(tmp_path: Path, mask: int, bits: int) -> None:
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "a", b"x")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == bits
    finally:
        assert os.umask(before) == mask


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path: Path) -> None:
    path, contents = tmp_path / "a", [bytes([65 + number]) * 200_000 for number in range(8)]
    threads = [threading.Thread(target=write_bytes, args=(path, one)) for one in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert listing(tmp_path) == ["a"]


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250 + ".txt")
    write_bytes(path, b"x")
    assert listing(tmp_path) == [path.name]


def test_text_that_cannot_be_encoded_is_written_all_the_same(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "lone \ud800 surrogate")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "lone ? surrogate"


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {scripts!r})
from scribebench.files import write_bytes
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_bytes(Path({path!r}), b"x" * 5000)
except OSError as error:
    print(error.errno, error.filename)
"""


def test_a_file_that_does_not_fit_is_named_by_its_own_name(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk; the temporary name tells nothing."""
    path = tmp_path / "a.jpg"
    path.write_text("old")
    program = FULL.format(scripts=str(SCRIPTS), path=str(path))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == [str(errno.EFBIG), str(path)], done.stderr
    assert listing(tmp_path) == ["a.jpg"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("content", [b"", b"abc", b"x" * 3_000_000])
def test_hashes_are_those_of_sha_256(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    assert sha256_bytes(content) == sha256_file(path) == hashlib.sha256(content).hexdigest()


def test_a_hash_is_the_one_that_is_known() -> None:
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_bytes(b"abc") == known

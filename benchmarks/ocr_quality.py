"""Measure how much of what stands on kept frames OCR reads, on recordings with known truth.

Reads what a finished run left in results/sessions/SESSION (frames.parquet, text.parquet) and
sessions/SESSION/truth.json. A *string* is a key string of a screen that at least one kept frame
shows: lies in a stretch in which the screen is completely visible. It counts when OCR reads it on
one of these frames; a *sighting* is one string on one such frame. *Exactly*: letter by letter, only
runs of white space are one blank. *Within tolerance*: case, white space, quotation marks and the
letters that OCR takes for one another do not matter, and one letter in ten may be wrong. Intervals
are Wilson's of 95 % and take strings for independent. A truth whose maker chose strings that an OCR
could read makes the shares too good. Prints a Markdown table.
"""

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow_scripts"))

from scribebench.errors import ScribebenchError
from scribebench.grading.truth import Truth, plain, read_truth
from scribebench.report.layout import table
from scribebench.tables import read_rows

ROOT = Path(__file__).parents[1]
LETTERS_FOR_AN_ERROR = 10
# What OCR takes for one another, as one of them; several letters first.
CONFUSED = (("rn", "m"), ("vv", "w"), ("cl", "d"))
CONFUSED_LETTERS = str.maketrans("o|!i1sbz;,×✕", "0llll582:.xx")
HEADINGS = (
    "recording", "kept frames on screens", "strings", "exactly", "95 %", "within tolerance",
    "95 %", "sightings", "exactly", "within tolerance",
)  # fmt: skip


class Sighting(NamedTuple):
    """A key string on a kept frame that shows its screen, and how OCR read it."""

    session: str
    frame_index: int
    time_s: float
    screen: str
    string: str
    exact: bool
    tolerated: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sessions", nargs="*", help="sessions to measure; by default every finished one with truth"
    )
    parser.add_argument(
        "--directory", type=Path, default=ROOT, help="folder that holds sessions/ and results/"
    )
    parser.add_argument(
        "--missed", action="store_true", help="list the strings that were not read exactly, too"
    )
    args = parser.parse_args()
    try:
        names = args.sessions or finished(args.directory)
        sightings = {name: measure(args.directory, name) for name in names}
    except ScribebenchError as error:
        sys.exit(f"error: {error}")
    strings = {name: by_string(found) for name, found in sightings.items()}
    rows = [cells(name, one) for name, one in strings.items()]
    if len(strings) > 1:
        rows.append(cells("all", [string for one in strings.values() for string in one]))
    print(table(HEADINGS, rows))
    if args.missed:
        for name, found in sightings.items():
            for line in missed(found):
                print(f"{name}: {line}")


def finished(directory: Path) -> list[str]:
    """Return the sessions with a truth whose kept frames were read; raises when there are none."""
    told = sorted(path.parent.name for path in directory.glob("sessions/*/truth.json"))
    read = [name for name in told if (results_of(directory, name) / "text.parquet").is_file()]
    if not told:
        raise ScribebenchError(f"there is no sessions/*/truth.json in {directory}")
    if not read:
        raise ScribebenchError(
            f"none of the sessions with a truth ({', '.join(told)}) is finished in {directory}; "
            "run: snakemake --cores 4 results/report.md"
        )
    return read


def results_of(directory: Path, session: str) -> Path:
    """Return the folder of what the workflow made of a session."""
    return directory / "results" / "sessions" / session


def measure(directory: Path, session: str) -> list[Sighting]:
    """Return what OCR read of the key strings that stand on a session's kept frames."""
    truth = read_truth(directory / "sessions" / session / "truth.json")
    if not truth.screens:
        raise ScribebenchError(
            f'the truth of {session} has no "screens" with "windows_s", so nobody knows which '
            "strings stand on which frame"
        )
    folder = results_of(directory, session)
    for name in ("frames.parquet", "text.parquet"):
        if not (folder / name).is_file():
            raise ScribebenchError(
                f"{folder / name} is not there; run: snakemake --cores 4 results/report.md"
            )
    kept = {row["frame_index"] for row in read_rows(folder / "frames.parquet") if row["kept"]}
    readings = [row for row in read_rows(folder / "text.parquet") if row["frame_index"] in kept]
    return [one for reading in readings for one in sighted(session, truth, reading)]


def sighted(session: str, truth: Truth, reading: dict[str, Any]) -> Iterable[Sighting]:
    """Yield the key strings that stand on the frame of a reading."""
    text, time_s = reading["text"], reading["time_s"]
    for screen in truth.screens_at(time_s):
        for string in screen.key_strings:
            exact = reads_exactly(string, text)
            tolerated = exact or reads_roughly(string, text)
            index = reading["frame_index"]
            yield Sighting(session, index, time_s, screen.id, string, exact, tolerated)


def reads_exactly(string: str, text: str) -> bool:
    """Return whether a text holds a string letter by letter; runs of white space are one blank."""
    return " ".join(string.split()) in " ".join(text.split())


def reads_roughly(string: str, text: str) -> bool:
    """Return whether a text holds a string but for what OCR takes for one another.

    Of every LETTERS_FOR_AN_ERROR letters one may be wrong, missing or too many (Sellers 1980).
    """
    wanted, read = bare(string), bare(text)
    return wanted in read or distance(wanted, read) <= len(wanted) // LETTERS_FOR_AN_ERROR


def bare(text: str) -> str:
    """Return text without case, white space and quotation marks, and with confusions as one."""
    text = "".join(plain(text).split())
    for several, one in CONFUSED:
        text = text.replace(several, one)
    return text.translate(CONFUSED_LETTERS)


def distance(wanted: str, text: str) -> int:
    """Return the fewest edits of one letter that make a string a part of a text."""
    before = list(range(len(wanted) + 1))
    best = before[-1]
    for letter in text:
        row = [0]
        for place, other in enumerate(wanted, 1):
            substituted = before[place - 1] + (letter != other)
            row.append(min(substituted, before[place] + 1, row[-1] + 1))
        best = min(best, row[-1])
        before = row
    return best


def by_string(sightings: list[Sighting]) -> list[list[Sighting]]:
    """Return the sightings of each string of each screen."""
    strings: dict[tuple[str, str], list[Sighting]] = {}
    for one in sightings:
        strings.setdefault((one.screen, one.string), []).append(one)
    return list(strings.values())


def cells(name: str, strings: list[list[Sighting]]) -> list[str]:
    """Return a line of the table; each string comes with its sightings."""
    all_sightings = [one for sightings in strings for one in sightings]
    exact = sum(any(one.exact for one in sightings) for sightings in strings)
    tolerated = sum(any(one.tolerated for one in sightings) for sightings in strings)
    return [
        name,
        str(len({(one.session, one.frame_index) for one in all_sightings})),
        str(len(strings)),
        share(exact, len(strings)),
        bounds(exact, len(strings)),
        share(tolerated, len(strings)),
        bounds(tolerated, len(strings)),
        str(len(all_sightings)),
        share(sum(one.exact for one in all_sightings), len(all_sightings)),
        share(sum(one.tolerated for one in all_sightings), len(all_sightings)),
    ]


def share(count: int, total: int) -> str:
    """Return a share with its count, or a dash where there is nothing to count."""
    return f"{count / total:.3f} ({count})" if total else "-"


def bounds(count: int, total: int, confidence: float = 0.95) -> str:
    """Return the interval of a share (Wilson 1927, score interval), or a dash."""
    if not total:
        return "-"
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p, scale = count / total, 1 + z * z / total
    middle = (p + z * z / (2 * total)) / scale
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / scale
    return f"{max(0.0, middle - half):.2f}-{min(1.0, middle + half):.2f}"


def missed(sightings: list[Sighting]) -> Iterable[str]:
    """Yield a line for each sighting that was not read exactly."""
    for one in sightings:
        if not one.exact:
            how = "within tolerance" if one.tolerated else "not read"
            yield f"{one.time_s:.1f} s, {one.screen}: {one.string!r} {how}"


if __name__ == "__main__":
    main()

"""What the frame browser holds: frames, and what each candidate says of them, as JSON.

A page that a person sends on has an end: of very long recordings it holds the frames that are most
worth a look and others evenly spaced, and says so.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from scribebench.harmless import visible
from scribebench.report.data import ReportData, Row, run_of
from scribebench.report.page.plots import candidates, name_of

MOST_FRAMES = 500
MOST_DESCRIPTIONS = 4000
MOST_CHARS = 4000
MOST_STRINGS = 200
MOST_EVIDENCE_CHARS = 300
# Outcomes that put a description on the wrong frame, or on none.
WRONG = frozenset(["swapped", "merged", "invented", "omitted"])

FrameKey = tuple[str, int]


def key_of(row: Row) -> FrameKey:
    """Return the session and the frame of a row."""
    return row["session"], row["frame_index"]


class Chosen(NamedTuple):
    """The frames that the browser holds, in order, and how many were described."""

    frames: list[Row]
    described: int
    disputed: int

    def words(self) -> str | None:
        """Return what is left out; null when nothing is."""
        if len(self.frames) == self.described:
            return None
        return (
            f"{len(self.frames)} of {self.described} described frames stand here: the "
            f"{self.disputed} most worth a look (the most disputed, then those with descriptions on"
            " the wrong frame, then those with flags), and others evenly spaced. The tables in "
            "results/tables hold all."
        )


def choose(data: ReportData, most: int = MOST_FRAMES) -> Chosen:
    """Return the frames that the browser holds: all, or half by what is wrong, half evenly."""
    described = {key_of(row) for row in data.descriptions}
    frames = [row for row in data.frames if row["kept"] and key_of(row) in described]
    limit = min(most, max(MOST_DESCRIPTIONS // max(len(candidates(data)), 1), 1))
    if len(frames) <= limit:
        return Chosen(frames, len(frames), 0)
    faults = _faults(data)
    places = [place for place, row in enumerate(frames) if key_of(row) in faults]
    places.sort(key=lambda place: faults[key_of(frames[place])])
    worst = set(places[: limit // 2])
    others = [place for place in range(len(frames)) if place not in worst]
    count = limit - len(worst)
    even = {others[(2 * one + 1) * len(others) // (2 * count)] for one in range(count)}
    return Chosen([frames[place] for place in sorted(worst | even)], len(frames), len(worst))


def _faults(data: ReportData) -> dict[FrameKey, tuple[int, float, int, int]]:
    """Return what orders each frame with a fault: disputed first, then wrong, then flagged."""
    wrong: dict[FrameKey, int] = defaultdict(int)
    flagged: dict[FrameKey, int] = defaultdict(int)
    for row in data.grades:
        key = key_of(row)
        if row["attribution"] in WRONG:
            wrong[key] += 1
        if row["flags"]:
            flagged[key] += 1
    ranks = {
        key_of(row): row["dispute_rank"]
        for row in data.agreement
        if row["dispute_rank"] is not None
    }
    return {
        key: (key not in ranks, ranks.get(key, 0), -wrong.get(key, 0), -flagged.get(key, 0))
        for key in {*ranks, *wrong, *flagged}
    }


def payload(data: ReportData, chosen: Chosen, pictures: dict[FrameKey, str]) -> dict[str, Any]:
    """Return what the browser is made from; all text in it is harmless, and none of it is HTML.

    `said` of a frame holds one entry for each candidate that was asked about it; `candidate` and
    `session` are places in the lists beside. `flags` are those of the whole reply, which is about
    as many frames as `together` says.
    """
    sessions = list(dict.fromkeys(row["session"] for row in chosen.frames))
    who = candidates(data)
    baselines = {(run["model"], run["variant"]) for run in data.runs if run["backend"] == "ocr"}
    keys = {key_of(row) for row in chosen.frames}
    times = {key_of(row): row["time_s"] for row in data.frames if row["kept"]}
    lengths = {row["session"]: row["duration_s"] for row in data.sessions}
    grades = {(run_of(row), row["frame_index"]): row for row in data.grades if key_of(row) in keys}
    slots = _slots(data, grades.values())
    replies = Counter((run_of(row), row["request_uid"]) for row in data.grades)
    agreement = {key_of(row): row for row in data.agreement}
    said: dict[FrameKey, list[dict[str, Any]]] = defaultdict(list)
    places = {candidate: place for place, candidate in enumerate(who)}
    for row in data.descriptions:
        key = key_of(row)
        candidate = row["model"], row["variant"]
        if key in keys and candidate in places:
            grade = grades.get((run_of(row), row["frame_index"]))
            one = _said(row, places[candidate], grade, slots, times)
            if grade is not None:
                one["together"] = replies[run_of(row), grade["request_uid"]]
            said[key].append(one)
    return {
        "sessions": [
            {
                "id": session,
                "title": _line(data.titles.get(session, session), 100),
                "length": max(
                    lengths.get(session) or 0,
                    *(row["time_s"] for row in chosen.frames if row["session"] == session),
                ),
            }
            for session in sessions
        ],
        "candidates": [
            {"name": _line(name_of(data, one), 100), "baseline": one in baselines} for one in who
        ],
        "frames": [
            _frame(row, sessions.index(row["session"]), said, agreement, pictures, data)
            for row in chosen.frames
        ],
    }


def _frame(
    row: Row,
    session: int,
    said: dict[FrameKey, list[dict[str, Any]]],
    agreement: dict[FrameKey, Row],
    pictures: dict[FrameKey, str],
    data: ReportData,
) -> dict[str, Any]:
    key = key_of(row)
    frame = {
        "session": session,
        "index": row["frame_index"],
        "time": row["time_s"],
        "said": sorted(said[key], key=lambda one: one["candidate"]),
    }
    if (picture := pictures.get(key)) is not None:
        frame["picture"] = picture
    found = agreement.get(key)
    if found is not None and found["similarity"] is not None:
        frame["alike"] = found["similarity"]
        frame["rank"] = found["dispute_rank"]
        frame["sides"] = [
            {"name": _line(_run_name(data, found[run]), 100), "only": _strings(found[only])}
            for run, only in (("run_a", "only_a"), ("run_b", "only_b"))
        ]
    return frame


def _run_name(data: ReportData, run: str | None) -> str:
    model, _, variant = (run or "").partition("/")
    return name_of(data, (model, variant))


def _said(
    row: Row,
    candidate: int,
    grade: Row | None,
    slots: dict[tuple[Any, ...], int],
    times: dict[FrameKey, float],
) -> dict[str, Any]:
    said: dict[str, Any] = {"candidate": candidate, "text": None}
    if row["text"] is not None:
        said["text"] = visible(row["text"][:MOST_CHARS])
        said["cut"] = len(row["text"]) > MOST_CHARS
    for name in ("apps", "topics"):
        said[name] = _strings(row[name])
    said["activity"] = None if row["activity"] is None else _line(row["activity"], 400)
    if grade is None:
        return said
    said["flags"] = [_line(flag, 60) for flag in grade["flags"] or ()]
    said["why"] = _evidence(grade["flags_json"])
    for name in ("grounded", "invented"):
        said[name] = _strings(grade[name])
    said["attribution"] = grade["attribution"]
    if grade["swapped_with_slot"] is not None:
        other = slots.get((run_of(grade), grade["request_uid"], grade["swapped_with_slot"]))
        if other is not None:
            said["other"] = {"index": other, "time": times.get((grade["session"], other))}
    if grade["truth_segment"] is not None:
        said["truth"] = {
            "segment": grade["truth_segment"],
            "app": grade["truth_app_named"],
            "found": _strings(_both(grade, "found")),
            "missing": _strings(_both(grade, "missing")),
        }
    return said


def _both(grade: Row, kind: str) -> list[str]:
    """Return the key strings and the topics of the truth that are found, or missing."""
    return [*(grade[f"truth_key_strings_{kind}"] or ()), *(grade[f"truth_topics_{kind}"] or ())]


def _slots(data: ReportData, grades: Iterable[Row]) -> dict[tuple[Any, ...], int]:
    """Return the frame of each place of the requests in which two frames were swapped."""
    needed = {
        (run_of(row), row["request_uid"], row["swapped_with_slot"])
        for row in grades
        if row["swapped_with_slot"] is not None
    }
    if not needed:
        return {}
    return {
        key: row["frame_index"]
        for row in data.grades
        if (key := (run_of(row), row["request_uid"], row["slot"])) in needed
    }


def _evidence(flags_json: str | None) -> dict[str, str]:
    """Return the evidence of each flag as a line; none when it cannot be read."""
    try:
        found = json.loads(flags_json or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        _line(flag, 60): _line(
            value if isinstance(value, str) else json.dumps(value), MOST_EVIDENCE_CHARS
        )
        for flag, value in found.items()
    }


def _strings(values: Sequence[str] | None) -> list[str]:
    return [_line(value, 400) for value in (values or ())[:MOST_STRINGS]]


def _line(text: str, limit: int) -> str:
    line = " ".join(visible(text[: 2 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def as_script(value: Any) -> str:
    """Return a value as JSON that nothing in it can end: it stands in a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text

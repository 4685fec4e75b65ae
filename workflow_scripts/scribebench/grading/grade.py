"""Grade a run: what each frame's description is worth, from its reply and the frames alone."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import zstandard

from scribebench.backends.base import FrameDescription
from scribebench.errors import damaged
from scribebench.grading.activity import activity_kind
from scribebench.grading.apps import normalised
from scribebench.grading.attribution import Attribution, ScreenWords, attribute
from scribebench.grading.flags import Flagged, flag_reply
from scribebench.grading.grounding import Grounding, ScreenIndex, ground
from scribebench.grading.truth import Truth, TruthGrade, judge_frame

Row = Mapping[str, Any]
FIELDS = ("text", "visible", "activity", "apps", "topics")
MAX_EVIDENCE_CHARS = 4000


@dataclass
class Screens:
    """The texts that OCR read on a session's kept frames; each is indexed once."""

    texts: Mapping[int, str]
    _indices: dict[int, ScreenIndex] = field(default_factory=dict)
    _words: dict[int, ScreenWords] = field(default_factory=dict)

    def index(self, frame_index: int) -> ScreenIndex:
        """Return what stands on a frame, for looking things up."""
        if frame_index not in self._indices:
            self._indices[frame_index] = ScreenIndex(self.texts.get(frame_index, ""))
        return self._indices[frame_index]

    def words(self, frame_index: int) -> ScreenWords:
        """Return the words of a frame, for telling it from others."""
        if frame_index not in self._words:
            self._words[frame_index] = ScreenWords(self.index(frame_index))
        return self._words[frame_index]


def read_replies(path: Path) -> dict[str, dict[str, Any]]:
    """Return the raw replies of a run by `request_uid`. Raises ScribebenchError when damaged."""
    try:
        with path.open("rb") as stream:
            data = zstandard.ZstdDecompressor().stream_reader(stream).read()
        replies = [json.loads(line) for line in data.split(b"\n") if line.strip()]
        return {reply["request_uid"]: reply for reply in replies}
    except (OSError, ValueError, KeyError, TypeError, zstandard.ZstdError) as error:
        raise damaged(path, str(error)) from error


def grade_run(
    descriptions: Iterable[Row],
    requests: Mapping[str, Row],
    replies: Mapping[str, Row],
    screens: Screens,
    prompt: str,
    truth: Truth | None = None,
) -> Iterable[dict[str, Any]]:
    """Yield the row of `grades` of each frame that was asked about, in order.

    `descriptions` and `requests` are rows of these tables, the latter by `request_uid`; `prompt` is
    what was asked.
    """
    for rows in batches(descriptions):
        uid = rows[0]["request_uid"]
        yield from _grade_batch(rows, requests[uid], replies.get(uid, {}), screens, prompt, truth)


def batches(descriptions: Iterable[Row]) -> Iterable[list[Row]]:
    """Yield the rows of each batch, which begins at slot 0; two beside each other may share a uid.

    They do where a run would have sent the very same request twice.
    """
    for _, same in groupby(descriptions, itemgetter("request_uid")):
        batch: list[Row] = []
        for row in same:
            if row["slot"] == 0 and batch:
                yield batch
                batch = []
            batch.append(row)
        yield batch


def _grade_batch(
    rows: list[Row],
    request: Row,
    reply: Row,
    screens: Screens,
    prompt: str,
    truth: Truth | None,
) -> Iterable[dict[str, Any]]:
    is_model = request["endpoint_kind"] != "embedded"
    flagged = _flags(request, reply, len(rows), prompt) if is_model else None
    belongs: list[Attribution | None] = [None] * len(rows)
    if flagged is not None:
        words = [screens.words(row["frame_index"]) for row in rows]
        merged = flagged.split.merged
        belongs = list(attribute([row["text"] for row in rows], words, merged))
    of_reply = _reply_columns(flagged, reply.get("content", ""))
    for row, attribution in zip(rows, belongs, strict=True):
        description = FrameDescription(**{name: row[name] for name in FIELDS})
        key = ("session", "model", "variant", "request_uid", "slot", "frame_index")
        grade = {name: row[name] for name in key} | of_reply
        grade["is_described"] = bool(row["text"])
        grade |= _attribution_columns(attribution)
        if is_model and row["text"]:
            index = screens.index(row["frame_index"])
            grade |= _grounding_columns(ground(row["text"], "", index))
            grade["activity_kind"] = activity_kind(row["activity"], row["text"])
        if row["apps"] is not None:
            grade["apps"] = list(dict.fromkeys(map(normalised, row["apps"])))
        if truth is not None:
            grade |= _truth_columns(judge_frame(truth, row["time_s"], description))
        yield grade


def _flags(request: Row, reply: Row, n_frames: int, prompt: str) -> Flagged | None:
    """Return what is wrong with a reply; null when there was none."""
    if request["error_kind"] is not None and not reply.get("content"):
        return None
    reason = request["finish_reason"]
    ended = "stop" if reason == "stop" else "length"
    return flag_reply(reply.get("content", ""), n_frames, ended, reply.get("thinking"), prompt)


def _reply_columns(flagged: Flagged | None, content: str) -> dict[str, Any]:
    if flagged is None:
        return {}
    evidence = json.dumps(flagged.evidence, ensure_ascii=False)[:MAX_EVIDENCE_CHARS]
    data = content.encode("utf-8", errors="replace")
    columns: dict[str, Any] = {"flags": flagged.flags, "flags_json": evidence}
    if data:
        columns["compression_ratio"] = len(data) / len(zlib.compress(data))
    if flagged.loop is not None:
        columns["loop_period_chars"] = len(flagged.loop.unit)
        columns["loop_fraction"] = (flagged.loop.end - flagged.loop.start) / max(1, len(content))
    return columns


def _attribution_columns(attribution: Attribution | None) -> dict[str, Any]:
    if attribution is None:
        return {}
    evidence = {name: value for name, value in vars(attribution).items() if value}
    is_swapped = attribution.outcome == "swapped" and len(attribution.other) == 1
    return {
        "attribution": attribution.outcome,
        "swapped_with_slot": attribution.other[0] if is_swapped else None,
        "attribution_json": json.dumps(evidence, ensure_ascii=False, default=list),
    }


def _grounding_columns(grounding: Grounding) -> dict[str, Any]:
    return {
        "specifics_grounded": grounding.n_grounded,
        "specifics_invented": grounding.n_invented,
        "grounded_share": grounding.grounded_share,
        "char_score": grounding.char_score,
        "grounded": [one.specific.text for one in grounding.grounded],
        "invented": [one.specific.text for one in grounding.invented],
    }


def _truth_columns(grade: TruthGrade) -> dict[str, Any]:
    return {
        "truth_segment": grade.segment,
        "truth_app_named": grade.app_named,
        "truth_key_strings_share": grade.key_strings_share,
        "truth_key_strings_found": _listed(grade.key_strings_found),
        "truth_key_strings_missing": _listed(grade.key_strings_missing),
        "truth_topics_share": grade.topics_share,
        "truth_topics_found": _listed(grade.topics_found),
        "truth_topics_missing": _listed(grade.topics_missing),
    }


def _listed(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else list(texts)

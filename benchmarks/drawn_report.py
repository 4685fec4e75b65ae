"""Draw the tables of a finished run of any size, to measure and to test the reports with.

Every frame is described by every model. Descriptions name things, of which some are invented; some
replies have flags, some descriptions are on the wrong frame, and the first model answers worse.
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from scribebench.gather import GATHERED
from scribebench.rubric.verdicts import decide
from scribebench.tables import table_writer, write_table

Row = dict[str, Any]
BATCH = 8
SECONDS = 4.0  # between two kept frames
PICTURES = 300  # different ones in a session
DROPPED = 3  # sampled frames for each kept one
SENTENCE = (
    "the editor shows a function that reads each row of the table and returns its mean while the "
    "terminal below prints a warning about a missing column and the browser stays in the back"
)
WORDS = SENTENCE.split()
FLAGS = ("loop", "too_brief", "wrong_count")
OUTCOMES = ("right", "right", "right", "right", "swapped", "merged", "undecidable")


def spec(models: int, **changes: Any) -> dict[str, Any]:
    """Return what the report shows of `models` models, as the workflow hands it over."""
    labels = {f"model-{number}": f"Model {number}" for number in range(models)}
    return {"labels": labels, "titles": {}, "refused": [], "images": "thumbnails"} | changes


def draw_tables(
    folder: Path,
    frames: int,
    models: int,
    sessions: int = 1,
    words: int = 90,
    leave_out: Sequence[str] = (),
    change: Callable[[str, int, Row], Row] = lambda table, number, row: row,
) -> None:
    """Write all tables of `frames` kept frames in all, described by `models` models.

    Tables in `leave_out` are empty. `change` is called with the table, the number and the content
    of each row.
    """
    per_session = -(-frames // sessions)
    names = [f"session-{number}" for number in range(sessions)]
    rows: dict[str, Iterator[Row]] = {
        "frames": _frames(names, per_session),
        "descriptions": _descriptions(names, per_session, models, words),
        "grades": _grades(names, per_session, models),
        "requests": _requests(names, per_session, models),
        "agreement": _agreement(names, per_session),
        "runs": _runs(names, per_session, models),
        "sessions": _sessions(names, per_session),
        "stages": _stages(names, models),
        "attribution": _attribution(models),
        "rubric_items": _rubric_items(models),
        "criteria": _criteria(models),
    }
    if "rubric_items" not in leave_out:  # as build_tables decides them; all pairs of models
        decided = decide(list(_rubric_items(models)))
        rows |= {"roles": iter(decided.roles), "comparisons": iter(decided.comparisons)}
    for known in GATHERED:
        path = folder / f"{known.name}.parquet"
        if known.name not in rows or known.name in leave_out:
            write_table(path, known, [])
            continue
        with table_writer(path, known) as write:
            for number, row in enumerate(rows[known.name]):
                write(change(known.name, number, row))


def draw_pictures(folder: Path, frames: int, session: str = "session-0") -> None:
    """Write a picture of 1280 x 800 for each of so many frames, with text of its own."""
    chance = np.random.default_rng(1)
    target = folder / session / "frames"
    target.mkdir(parents=True, exist_ok=True)
    for number in range(min(frames, PICTURES)):
        image = np.full((800, 1280, 3), (40, 34, 30), np.uint8)
        for line in range(28):
            words = f"{number:05d} {line:02d} " + " ".join(chance.choice(WORDS, 12))
            colour = [int(one) for one in chance.integers(120, 255, 3)]
            at = (20, 30 + 27 * line)
            cv2.putText(image, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
        cv2.imwrite(str(target / f"{number}.jpg"), image)


def _runs_of(names: list[str], models: int) -> Iterator[Row]:
    for model in range(models):
        for session in names:
            yield {"session": session, "model": f"model-{model}", "variant": "base"}


def _frames(names: list[str], count: int) -> Iterator[Row]:
    for session in names:
        for number in range(count * (DROPPED + 1)):
            kept = number % (DROPPED + 1) == 0
            place = number // (DROPPED + 1)
            yield {
                "session": session,
                "frame_index": number,
                "time_s": number * SECONDS / (DROPPED + 1),
                "kept": kept,
                "reason": "new" if kept else "same",
                "represented_by": place * (DROPPED + 1),
                "image": f"frames/{place % PICTURES}.jpg" if kept else None,
                "scene": place // 5,
            }


def _of_frame(run: Row, place: int) -> Row:
    uid = f"{run['model']}-{run['session']}-{place // BATCH}"
    index = place * (DROPPED + 1)
    return run | {"request_uid": uid, "slot": place % BATCH, "frame_index": index}


def _things(run: Row, place: int) -> tuple[list[str], list[str]]:
    """Return what a description names: what is on the screen, and what is not."""
    chance = random.Random(f"{run} {place}")
    known = [f"src/part_{place}.py", f"line {chance.randint(11, 900)}", "pytest -q"]
    invented = 2 if run["model"] == "model-0" else chance.random() < 0.2
    return known, [f"notes-{chance.randint(100, 999)}.txt" for _ in range(invented)]


def _descriptions(names: list[str], count: int, models: int, words: int) -> Iterator[Row]:
    chance = random.Random(1)
    for run in _runs_of(names, models):
        for place in range(count):
            said = chance.choices(WORDS, k=words)
            known, invented = _things(run, place)
            for thing in (*known, *invented):
                said.insert(chance.randrange(len(said)), f"`{thing}`")
            yield _of_frame(run, place) | {
                "time_s": place * SECONDS,
                "text": " ".join(said),
                "visible": " ".join(said),
                "activity": "editing a function",
                "apps": ["Vim", "Terminal"],
                "topics": ["tables", "tests"],
            }


def _grades(names: list[str], count: int, models: int) -> Iterator[Row]:
    chance = random.Random(2)
    for run in _runs_of(names, models):
        flag: list[str] = []
        for place in range(count):
            if place % BATCH == 0:
                flag = [chance.choice(FLAGS)] if chance.random() < 0.1 else []
            known, invented = _things(run, place)
            outcome = chance.choice(OUTCOMES)
            yield _of_frame(run, place) | {
                "flags": flag,
                "flags_json": '{"loop": "seen"}' if flag == ["loop"] else "{}",
                "is_described": True,
                "attribution": outcome,
                "swapped_with_slot": (place + 1) % BATCH if outcome == "swapped" else None,
                "attribution_json": '{"scores": [0.1, 0.2, 0.3]}',
                "specifics_grounded": len(known),
                "specifics_invented": len(invented),
                "grounded_share": len(known) / (len(known) + len(invented)),
                "grounded": known,
                "invented": invented,
                "apps": ["Vim", "Terminal"],
                "activity_kind": "coding",
            }


def _requests(names: list[str], count: int, models: int) -> Iterator[Row]:
    chance = random.Random(3)
    for run in _runs_of(names, models):
        number = int(run["model"].removeprefix("model-"))
        for place in range(0, count, BATCH):
            images = min(BATCH, count - place)
            seconds = (1 + 2 * number) * chance.uniform(0.8, 1.2)
            yield run | {
                "request_uid": _of_frame(run, place)["request_uid"],
                "experiment": "describe",
                "image_count": images,
                "wall_ns": int(seconds * images * 1e9),
                "s_per_image": seconds,
                "ttft_ns": int(0.4e9),
                "prefill_tps": 900.0,
                "decode_tps": 50.0 / (1 + number),
                "finish_reason": "stop",
                "output_tokens": 120 * images,
                "image_w_px": [1280] * images,
                "cache_hit": False,
                "warmup": False,
                "speed_valid": True,
                "speed_invalid_reasons": [],
            }


def _agreement(names: list[str], count: int) -> Iterator[Row]:
    chance = random.Random(4)
    for session in names:
        for place in range(count):
            alike = chance.uniform(0.1, 0.9)
            yield {
                "session": session,
                "frame_index": place * (DROPPED + 1),
                "runs": 2,
                "similarity": alike,
                "run_a": "model-0/base",
                "run_b": "model-1/base",
                "pair_similarity": alike,
                "only_a": ["a warning"],
                "only_b": ["a browser"],
                "dispute_rank": place // 37 + 1 if place % 37 == 0 and place < 740 else None,
            }


def _runs(names: list[str], count: int, models: int) -> Iterator[Row]:
    for run in _runs_of(names, models):
        yield run | {
            "status": "described",
            "backend": "openai",
            "batch_size": BATCH,
            "settings_json": '{"image": {"max_width_px": 1280}}',
            "requests": -(-count // BATCH),
            "frames": count,
            "workflow_version": "0.1.0",
            "python_version": "3.11",
            "os": "Linux",
            "cpu_model": "some",
            "cpu_cores": 2,
            "ram_bytes": 2**34,
        }


def _sessions(names: list[str], count: int) -> Iterator[Row]:
    for session in names:
        yield {
            "session": session,
            "recording": "recording.mp4",
            "codec": "h264",
            "width_px": 1280,
            "height_px": 800,
            "duration_s": count * SECONDS,
            "decoded_frames": count * 40,
            "sampled_frames": count * (DROPPED + 1),
            "kept_frames": count,
            "scenes": count // 5 + 1,
            "losses": [],
        }


def _stages(names: list[str], models: int) -> Iterator[Row]:
    for session in names:
        for rule, wall_s in (("extract_frames", 61.0), ("read_frames", 140.0)):
            yield {"rule": rule, "subject": session, "wall_s": wall_s, "cpu_s": wall_s}
    for run in _runs_of(names, models):
        subject = "/".join(run.values())
        yield {"rule": "describe_frames", "subject": subject, "wall_s": 800.0, "cpu_s": 20.0}


def _attribution(models: int) -> Iterator[Row]:
    chance = random.Random(5)
    columns = {
        column.name for known in GATHERED if known.name == "attribution" for column in known.columns
    }
    for model in range(models):
        for size in (1, 3, 5, 8, 20):
            for number in range(72):
                wrong = chance.random() < size * (models - model) / 300
                row = {
                    "session": f"canaries/batch-{size}",
                    "model": f"model-{model}",
                    "variant": "base",
                    "request_uid": f"{model}-{size}-{number // size}",
                    "slot": number % size,
                    "frame_index": number,
                    "batch_size": size,
                    "evidence": "name",
                    "told_by": "name",
                    "canary_expected": "amber",
                    "outcome": "swapped" if wrong else "right",
                }
                yield {name: value for name, value in row.items() if name in columns}


def _rubric_items(models: int) -> Iterator[Row]:
    chance = random.Random(6)
    questions = [(f"VL-T{tier}-Q{number}", tier) for tier in (1, 2, 3) for number in (1, 2, 3)]
    for model in range(models):
        for question, tier in questions:
            for item in range(10):
                score = min(5.0, max(1.0, chance.gauss(2.4 + 0.6 * model - 0.3 * tier, 0.7)))
                yield {
                    "model": f"model-{model}",
                    "variant": "base",
                    "question": question,
                    "tier": tier,
                    "item_variant": item,
                    "repeat_index": 0,
                    "control": "picture",
                    "finish_reason": "stop",
                    "score": score,
                    "score_01": (score - 1) / 4,
                    "weight_scored": 1.0,
                }


def _criteria(models: int) -> Iterator[Row]:
    chance = random.Random(7)
    for item in _rubric_items(models):
        shared = ("model", "variant", "question", "item_variant", "repeat_index", "control")
        for number in range(3):
            yield {name: item[name] for name in shared} | {
                "criterion_id": f"criterion-{number}",
                "weight": 1 / 3,
                "kind": "deterministic",
                "value_01": float(chance.random() < item["score_01"]),
            }

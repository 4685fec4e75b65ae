"""Ask a model the rubric: one question and one picture a request, and controls where wanted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import zstandard

from scribebench.backends.base import Backend, Frame, Part, SentImage
from scribebench.describe.again import command_for
from scribebench.describe.asker import Asker, Batch, ask_embedded, embedded_context, open_asker
from scribebench.describe.images import prepare
from scribebench.describe.rows import Answered, RunContext, request_row
from scribebench.describe.run import tell_failure
from scribebench.errors import ScribebenchError
from scribebench.files import sha256_bytes, whole_file
from scribebench.progress import Progress
from scribebench.project.models import Run
from scribebench.rubric import SESSION
from scribebench.rubric.save import LIST, DrawnItem

# Replies are scored as they are after so many tokens; one that was cut is asked once more with room
# to end, which is reported beside it.
MAX_TOKENS, RESCUE_TOKENS = 512, 2048
# What a question is asked about: its own picture, none, a grey one, or another question's. Whoever
# answers rightly without the picture did not look at it.
PICTURE, NO_IMAGE, GREY, OTHER = "picture", "no_image", "grey", "other_image"
GREY_LEVEL = 128
LAYOUT = "image_then_question"


@dataclass(frozen=True)
class Ask:
    """One request: an item, its repeat, what is shown, and whether it is a second, longer pass."""

    drawn: DrawnItem
    place: int
    repeat: int
    control: str = PICTURE
    is_rescue: bool = False


class Replied(NamedTuple):
    """A request and what came of it."""

    ask: Ask
    answered: Answered


class Asked(NamedTuple):
    """All that was asked of a model; `broken` says why nothing more was."""

    context: RunContext
    replies: list[Replied]
    warm_ups: list[Answered]
    broken: str | None = None


def plan(items: list[DrawnItem], repeats: int, controls: list[str]) -> list[Ask]:
    """Return what is asked, in order: all questions once before any is repeated."""
    return [
        Ask(drawn, place, repeat, control)
        for repeat in range(repeats)
        for place, drawn in enumerate(items)
        for control in (PICTURE, *controls)
    ]


def ask_rubric(
    run: Run,
    settings: dict[str, Any],
    items: list[DrawnItem],
    folder: Path,
    repeats: int,
    controls: list[str],
    backend: Backend,
    state: Path,
    gpu_slots: int,
) -> Asked:
    """Ask all items; `folder` holds their pictures.

    Finished requests are taken from the journal below `state`. Raises ScribebenchError for an
    infrastructure fault; what was answered before it is in the journal.
    """
    # The baseline answers with what was read on a question's own picture, whatever is shown.
    asks = plan(items, repeats, [] if backend.embedded else controls)
    if backend.embedded:
        context = embedded_context(SESSION, run, settings, backend, "rubric")
        batches = ((one, Batch(n, [_frame(one, folder)], [], [])) for n, one in enumerate(asks))
        replies = [Replied(one, ask_embedded(context, backend, batch)) for one, batch in batches]
        return Asked(context, replies, [])
    with (
        open_asker(SESSION, run, settings, "", backend, state, gpu_slots, "rubric") as asker,
        Progress(f"rubric {run}", len(asks), "questions") as progress,
    ):
        requester = _Requester(asker, settings, items, folder)
        replies: list[Replied] = []
        for one in asks:
            replied = requester.put(one, len(replies))
            # What was answered before stands, whatever the model does wrong now.
            if replied is not None:
                replies.append(replied)
                tell_failure(replied.answered, progress)
                if replied.answered.reply.finish_reason == "length" and one.control == PICTURE:
                    longer = Ask(one.drawn, one.place, one.repeat, is_rescue=True)
                    rescued = requester.put(longer, len(replies))
                    replies += [] if rescued is None else [rescued]
            progress.advance()
    return Asked(asker.context, replies, asker.warm_ups, requester.broken)


class _Requester:
    """Makes requests of asks, and puts them to a model once.

    `broken` says what the gate found wrong with it, once something would have to be asked.
    """

    def __init__(
        self, asker: Asker, settings: dict[str, Any], items: list[DrawnItem], folder: Path
    ):
        self._asker = asker
        self._settings = settings
        self._items = items
        self._folder = folder
        self.broken: str | None = None

    def put(self, one: Ask, order_index: int) -> Replied | None:
        """Return what is answered; null when the model does not pass the gate."""
        batch = self._batch(one, order_index)
        answered = self._asker.answered_before(batch)
        if answered is None:
            self.broken = self.broken or self._asker.why_broken()
            if self.broken:
                return None
            answered = self._asker.ask(batch)
        return Replied(one, answered)

    def _batch(self, one: Ask, order_index: int) -> Batch:
        image = self._image(one)
        frame = _frame(one, self._folder)
        seed = self._settings.get("options", {}).get("seed", 0) + one.repeat
        parts: list[Part] = [one.drawn.item.prompt]
        return Batch(
            order_index,
            [] if image is None else [frame],
            [] if image is None else [image.facts],
            parts if image is None else [image, *parts],
            max_tokens=RESCUE_TOKENS if one.is_rescue else MAX_TOKENS,
            seed=seed,
        )

    def _image(self, one: Ask) -> SentImage | None:
        if one.control == NO_IMAGE:
            return None
        image_settings = self._settings.get("image", {})
        if one.control == OTHER:
            return _prepare(_frame(self._other(one), self._folder), image_settings)
        image = _prepare(_frame(one, self._folder), image_settings)
        return _grey(image) if one.control == GREY else image

    def _other(self, one: Ask) -> Ask:
        """Return the same variant of the next question."""
        asked = one.drawn.item
        questions = list(dict.fromkeys(drawn.item.question for drawn in self._items))
        following = questions[(questions.index(asked.question) + 1) % len(questions)]
        place = next(
            place
            for place, drawn in enumerate(self._items)
            if (drawn.item.question, drawn.item.variant) == (following, asked.variant)
        )
        return Ask(self._items[place], place, one.repeat)


def _frame(one: Ask, folder: Path) -> Frame:
    return Frame(one.place, 0.0, folder / one.drawn.image, one.drawn.image_sha256)


def _prepare(frame: Frame, settings: dict[str, Any]) -> SentImage:
    """Return the picture as it is sent; what is raised when it is gone names its own command."""
    try:
        return prepare(frame, settings)
    except ScribebenchError as error:
        command = command_for(frame.image.parent / LIST, "draw_rubric")
        raise ScribebenchError(
            f"the picture {frame.image} is missing or damaged; make it again: {command}"
        ) from error


def _grey(image: SentImage) -> SentImage:
    pixels = np.full((image.height_px, image.width_px, 3), GREY_LEVEL, np.uint8)
    data = cv2.imencode(".png", pixels)[1].tobytes()
    return SentImage(data, sha256_bytes(data), "image/png", image.width_px, image.height_px)


def rubric_request_row(context: RunContext, backend: Backend, replied: Replied) -> dict[str, Any]:
    """Return the row of `requests`."""
    one, answered = replied
    item = one.drawn.item
    row = request_row(context, backend, answered)
    own = {
        "item_id": f"{item.question}/{item.variant}",
        "repeat_index": one.repeat,
        "frame_ts_s": None,
    }
    if backend.embedded:
        return row | own
    seed = context.settings.get("options", {}).get("seed", 0) + one.repeat
    return (
        row
        | own
        | {
            "request_seed": seed,
            "prompt_sha256": sha256_bytes(item.prompt.encode()),
            "max_output_tokens": RESCUE_TOKENS if one.is_rescue else MAX_TOKENS,
            "layout": LAYOUT,
        }
    )


def write_replies(path: Path, replies: list[Replied]) -> None:
    """Write the raw replies with what they answer, a JSON line each, compressed, in order."""
    with whole_file(path) as temporary, zstandard.open(temporary, "wb") as stream:
        for one, answered in replies:
            record = {
                "request_uid": answered.request_uid,
                "question": one.drawn.item.question,
                "variant": one.drawn.item.variant,
                "repeat": one.repeat,
                "control": one.control,
                "is_rescue": one.is_rescue,
                "content": answered.reply.content,
                "thinking": answered.reply.thinking,
                "finish_reason": answered.reply.finish_reason,
                "error_kind": answered.reply.error_kind,
                "error_message": answered.reply.error_message,
            }
            stream.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def read_replies(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what `write_replies` wrote. Raises zstandard.ZstdError or ValueError when damaged."""
    with path.open("rb") as stream:
        data = zstandard.ZstdDecompressor().stream_reader(stream).read()
    yield from (json.loads(line) for line in data.split(b"\n") if line.strip())

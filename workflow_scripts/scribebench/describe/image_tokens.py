"""Whether a model was shown all images: what they cost in tokens, and what was counted.

A server can answer without having seen an image: it dropped the front of a prompt that was too
long, fused two adjacent images, or was sent a format that it does not read. Formulas differ between
builds, so what an image costs is measured: the prompt's tokens with it less those without.
"""

from dataclasses import replace

from scribebench.backends.base import Backend, Frame, Part, Reply, SentImage

# An image of a screen, from so many pixels on, that costs less was not seen.
LEAST_TOKENS, SCREEN_PX = 16, 256 * 256
# When so much of one image is missing, it is one that is missing; counts of the texts are off by so
# many tokens a text.
MISSING_SHARE, TEXT_SLACK = 0.5, 2
_QUESTION = "Answer with one word: is this a picture?"

Size = tuple[int, int]


class ImageTokens:
    """Measures, once a job, what images of each size and the texts around them cost."""

    def __init__(self, backend: Backend):
        self._backend = backend
        self._question: int | None = None
        self._of_size: dict[Size, int | None] = {}
        self._of_texts: dict[int | str, int | None] = {}

    def warm_up(self, frame: Frame, image: SentImage) -> Reply:
        """Ask about one image as large as those to come; keep what it costs.

        The first image after a start takes longer, so this request enters no speed figure.
        """
        if self._question is None:
            self._question = self._tokens([frame], [_QUESTION])
        reply = self._backend.ask([frame], [image, _QUESTION], max_tokens=1)
        self._of_size[_size(image)] = _difference(reply.prompt_tokens, self._question)
        return reply

    def cost(self, image: SentImage) -> int | None:
        """Return what images of this size cost, once one was asked about."""
        return self._of_size.get(_size(image))

    def prepare(self, frames: list[Frame], parts: list[Part]) -> None:
        """Measure what is not known yet of the images and texts of a request."""
        images, texts = _split(parts)
        for frame, image in zip(frames, images, strict=True):
            if _size(image) not in self._of_size:
                self.warm_up(frame, image)
        key = _key(texts)
        if key not in self._of_texts:
            self._of_texts[key] = self._tokens(frames[:1], texts)

    def counted(self, reply: Reply, parts: list[Part]) -> Reply:
        """Return the reply with what its images should have cost and did, and whether they fit.

        What its images and texts cost has been measured by then.
        """
        images, texts = _split(parts)
        if _out_of_context(reply):
            reply = replace(reply, images_fit=False)
        if not images or reply.prompt_tokens is None:
            return reply
        costs = [self._of_size[_size(image)] for image in images]
        known = [cost for cost in costs if cost is not None]
        measured = _difference(reply.prompt_tokens, self._of_texts[_key(texts)])
        if len(known) < len(costs):
            return replace(reply, image_tokens_measured=measured)
        fit = None if measured is None else _fit(images, known, measured, len(texts))
        return replace(
            reply,
            image_tokens_expected=sum(known),
            image_tokens_measured=measured,
            images_fit=fit if reply.images_fit is None else False,
        )

    def _tokens(self, frames: list[Frame], texts: list[str]) -> int | None:
        # Parts of their own, as they are between images: what stands between two parts is the
        # backend's and the chat template's to say, and joined by a newline each cost a token more.
        parts: list[Part] = [*texts]
        return self._backend.ask(frames, parts, max_tokens=1).prompt_tokens


def _key(texts: list[str]) -> int | str:
    """Return what tells texts apart: labels are about as long as each other, questions are not."""
    return texts[0] if len(texts) == 1 else len(texts)


def _split(parts: list[Part]) -> tuple[list[SentImage], list[str]]:
    images = [part for part in parts if isinstance(part, SentImage)]
    return images, [part for part in parts if isinstance(part, str)]


def _out_of_context(reply: Reply) -> bool:
    """Return whether the context was used up: from then on a server takes away what came first."""
    if reply.finish_reason == "context":
        return True
    if reply.prompt_tokens is None or reply.n_ctx is None:
        return False
    return reply.prompt_tokens + (reply.output_tokens or 0) >= reply.n_ctx


def _fit(images: list[SentImage], costs: list[int], measured: int, texts: int) -> bool | None:
    """Return whether what was measured is what the images cost; null when it cannot be told."""
    unseen = [
        image.width_px * image.height_px >= SCREEN_PX
        for image, cost in zip(images, costs, strict=True)
        if cost < LEAST_TOKENS
    ]
    if unseen:
        return False if any(unseen) else None
    if MISSING_SHARE * min(costs) <= TEXT_SLACK * (texts + 1):
        return None
    return measured > sum(costs) - MISSING_SHARE * min(costs)


def _size(image: SentImage) -> Size:
    return image.width_px, image.height_px


def _difference(whole: int | None, part: int | None) -> int | None:
    return None if whole is None or part is None else max(0, whole - part)

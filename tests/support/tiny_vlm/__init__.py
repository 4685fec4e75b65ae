"""A tiny vision-language model whose every reply is known before it is asked.

Its weights are constructed, not trained: `build` computes two GGUF files of together 8 MB in a few
hundredths of a second, and an unmodified llama-server loads them as a Qwen3-VL.  The server does
all of its real work (chat template, image preprocessing, vision tower, KV cache, sampling, clocks),
while the reply is a pure function of the request.  So a test can prove that every image arrived, at
its place.

A request puts a label in front of every image: text "Screenshot 0 (00:00:03):", image, text
"Screenshot 1 (00:00:09):", image, ..., and at last a prompt.  The reply has one block for every
label with an image, in ascending order, then ends:

    ### Screenshot 1
    1. Visible: window 1 with a dark and bluish theme.
    2. Developer action: step 1.
    3. Applications: Terminal, Editor.
    4. Topics/projects: tinyvlm.

dark/light and reddish/greenish/bluish/grey describe the mean colour of the image behind *that*
label; `expected_words` says which words are certain.  A lost, swapped, repeated or channel-swapped
image therefore shows, provided the images have different, strong colours: real screenshots are
mostly "light and grey" or "dark and grey".

Labels go from 0 to `max_label` and may start anywhere and have gaps.  Images without a label share
one block under "### Screenshot"; without any image the reply says so in one line.

Behaviours
    normal     as above
    think      the same after a <think> block in the content, if the request's
               chat_template_kwargs set enable_thinking to true; the server's own default is false
    swap       every block has the colours of the next image, the last one those of the first
    skip       leaves out the labels 3, 6, 9, ...
    loop       starts again after the last block and never ends
    gibberish  says fragments that are no language, whatever was sent, and ends

The rooms of this package
    behaviours      which chapter is told next, and whose colours: the whole difference in behaviour
    wording         every text that is recognised or said
    lexicon         the texts as tokens
    residual        what each dimension of the hidden state means
    attention       two layers: bind every token to its chapter; look up what a ranking asks for
    readout         the output matrix: what is said next
    vision_tower    the mean colour of an image, through a real vision graph
    language_model  the text model's file
    colours         the words that are certain for an image

Limits: a label stands before its image, at least 6 positions after the label before, within 18,000
positions of it.  Outside of labels one character is one token, so mind the context size.  A loop
beyond 18,000 tokens mixes up its blocks but goes on.
"""

from dataclasses import dataclass
from pathlib import Path

from support.tiny_vlm.attention import MAX_CHAPTERS
from support.tiny_vlm.behaviours import BEHAVIOURS, Behaviour, Chapters
from support.tiny_vlm.colours import expected_words
from support.tiny_vlm.language_model import ARCHITECTURES, Architecture, write_language_model
from support.tiny_vlm.vision_tower import write_vision_tower

__all__ = [
    "ARCHITECTURES",
    "BEHAVIOURS",
    "MAX_LABEL",
    "Architecture",
    "Behaviour",
    "TinyVlm",
    "build",
    "expected_words",
]

MAX_LABEL = MAX_CHAPTERS - Chapters(0).count


@dataclass(frozen=True)
class TinyVlm:
    """The two files that llama-server takes as --model and --mmproj."""

    model: Path
    mmproj: Path


def build(
    folder: Path,
    *,
    architecture: Architecture = "qwen3vl",
    behaviour: Behaviour = "normal",
    max_label: int = 20,
    context_tokens: int = 131_072,
) -> TinyVlm:
    """Write the pair into `folder`, which is made if need be; the same call writes the same bytes.

    `context_tokens` is only the context size that the file claims.  Raises ValueError for an
    unknown architecture or behaviour and for a label outside 0 to MAX_LABEL.
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {architecture!r}, choose from {ARCHITECTURES}")
    if behaviour not in BEHAVIOURS:
        raise ValueError(f"unknown behaviour {behaviour!r}, choose from {BEHAVIOURS}")
    if not 0 <= max_label <= MAX_LABEL:
        raise ValueError(f"max_label must be 0 to {MAX_LABEL}, not {max_label}")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"tiny-{architecture}-{behaviour}"
    vlm = TinyVlm(folder / f"{name}.gguf", folder / f"mmproj-{name}.gguf")
    stream = write_language_model(
        vlm.model, architecture, behaviour, Chapters(max_label), context_tokens
    )
    write_vision_tower(vlm.mmproj, stream)
    return vlm

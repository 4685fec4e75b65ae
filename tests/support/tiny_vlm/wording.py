"""Every text that the model recognises or says."""

from typing import Literal

LABEL = "Screenshot"
Brightness = Literal["dark", "light"]
Hue = Literal["reddish", "greenish", "bluish", "grey"]
DARK: Brightness = "dark"
LIGHT: Brightness = "light"
CHANNEL_HUES: tuple[Hue, ...] = ("reddish", "greenish", "bluish")  # of the channels R, G, B
GREY: Hue = "grey"

NOTHING_ATTACHED = "There is no screenshot in this request.\n"

# Whole phrases are single tokens.  The last one is apart from "</think>" and the same that the chat
# template ends with when thinking is switched off: after it the answer begins in either case.
THOUGHTS = (
    "<think>",
    "\nThere are screenshots here,",
    " so first I compare their colours,",
    " then I answer in order.",
    "\n</think>",
    "\n\n",
)
FRAGMENTS = (
    "Vornel7\n",
    "uex t_Kq ",
    "\nllehs n",
    "\n直通车(n",
    "AIL(eyn ptth",
    "\nvornelsca",
    "\nllehsule",
)

TURN_START, TURN_END = "<|im_start|>", "<|im_end|>"
END_OF_TEXT = "<|endoftext|>"
# What Qwen3-VL files have; the image tokens between start and end are put there by the server.
CONTROL_TOKENS = (
    END_OF_TEXT,
    TURN_START,
    TURN_END,
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)

_TURNS = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message.role + '\\n' -}}"
    "{%- if message.content is string -%}{{- message.content -}}"
    "{%- else -%}{%- for part in message.content -%}"
    "{%- if part.type == 'text' -%}{{- part.text -}}"
    "{%- else -%}{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}"
    "{{- '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
)
_ANSWER_START = "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}"
_ANSWER_END = "{%- endif -%}"
_THINKING_SWITCHED_OFF = (
    "{%- if enable_thinking is defined and enable_thinking is false -%}"
    "{{- '<think>\\n\\n</think>\\n\\n' -}}{%- endif -%}"
)


def label(number: int) -> str:
    """What a request writes in front of an image; anything may follow, say a time."""
    return f"{LABEL} {number}"


def heading(number: int | None) -> str:
    """The first line of a block; None for an image without a label."""
    return f"### {LABEL}\n" if number is None else f"### {LABEL} {number}\n"


def window(number: int | None) -> str:
    return f"1. Visible: {_named('window', number)} with a "


def activity(number: int | None) -> str:
    return f"2. Developer action: {_named('step', number)}.\n"


AND = " and "
THEME = " theme.\n"
APPLICATIONS = "3. Applications: Terminal, Editor.\n"
TOPICS = "4. Topics/projects: tinyvlm.\n"


def chat_template(*, can_think: bool) -> str:
    """A Jinja template like Qwen3-VL's, without tools."""
    switch = _THINKING_SWITCHED_OFF if can_think else ""
    return _TURNS + _ANSWER_START + switch + _ANSWER_END


def _named(noun: str, number: int | None) -> str:
    return noun if number is None else f"{noun} {number}"

"""Grade VL-T1-Q3: what an icon represents, and what is said of its purpose and looks."""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml

from scribebench.grading.prose import english_words
from scribebench.grading.rubric.criterion import Criterion
from scribebench.grading.rubric.lexicon import grouped, is_one_typo, term_of, terms
from scribebench.grading.rubric.reply import plain
from scribebench.grading.rubric.standing import is_said, standing
from scribebench.rubric.truths import IconTruth

ICONS = Path(__file__).parents[4] / "rubric" / "icons.yaml"

Right = Literal["right", "half", "wrong"]


class Words(NamedTuple):
    """What replies about an icon are looked through with; all match what `flat` returns."""

    names: re.Pattern[str]
    rights: dict[str, Right]
    purpose: re.Pattern[str]
    looks: re.Pattern[str]
    single: tuple[str, ...]  # right names of one word that may hold a typo


class Mention(NamedTuple):
    """A name in a reply, and whether it stands where a reply says what the icon is."""

    name: str
    right: Right
    start: int
    end: int
    is_identity: bool


# What may also be said of a colour without being wrong.
_ALSO = {
    "light blue": ("blue", "cyan"),
    "dark blue": ("blue",),
    "turquoise": ("cyan", "blue", "green"),
    "light grey": ("grey", "white"),
    "dark grey": ("grey", "black"),
    "dark red": ("red", "brown"),
}
_IDENTITY = re.compile(
    r"(?:^|[.:!?\n;\"'(|*>=/]|\b(?:is|are|be|represents?|representing|depicts?|depicting|shows?|"
    r"showing|symboli[sz]es?|symboli[sz]ing|resembl\w+|like|denot\w+|indicat\w+|means?|signif\w+|"
    r"identif\w+|as|called|or|either|namely|[a-z]*'s|stellt|ist|zeigt|symbolisiert|bedeutet|oder|"
    r"est|represente|symbolise|montre|ou|es|representa|muestra|o|e|rappresenta|mostra|oppure|is|"
    r"toont|of het|это|изображает|представляет|или|(?:icon|image|picture|symbol|illustration|"
    r"representation|depiction|drawing|form|shape|version|concept|idea|action|stands|type|kind|"
    r"symbool|icone|icono|simbolo|icona) (?:of|for|de|para|di|voor|von|einer?|eines)|stands for|"
    r"used "
    r"for|function of)\b|代表|表示|是|为|显示|画的|的是|或|示す|表す|アイコンは)"
    r"[\s\"'(*]*(?:(?!(?:for|to|into|in|of|with|within|inside|containing|from|on|that|which|used|"
    r"using|where|by|store\w*|hold\w*|open\w*|contain\w*|send\w*|fur|zum|pour|para|per|voor|для|w|"
    r"avec|con|com|mit)\b)[^\s.,:;!?()\"'*]+[\s\"'(*]+){0,5}$|(?:是|为|表示|代表)(?:一个|一個|了|着|的|一)?"
    r"(?:[^，。,\s]{0,6})$",
    re.I,
)
_PURPOSE_BEFORE = re.compile(
    r"\b(?:for|to|into|in|within|inside|containing|from|with|fur|zum|pour|para|per|voor|для|в|dans|"
    r"en|nel\w*)\s+(?:[\w-]+\s+){0,3}$",
    re.I,
)
_OR = re.compile(
    r"\b(?:or|either|maybe|perhaps|possibly|could|might|oder|entweder|ou|o|oppure|of|или|может)\b"
    r"|或|还是|または|か",
    re.I,
)
_BUT = re.compile(
    r"\b(?:but|however|rather|instead|aber|sondern|pero|sino|mais|ma|mas|maar|но)\b|但|しかし", re.I
)
_PARTS = re.compile(
    r"[\s-]*(?:colou?red )?(?:background|outline|border|label|lens|lines?|shutter|hands?|numbers?|"
    r"hole|flash|handle|shadow|backdrop|paper|sheet|tab|face|clapper|roof|door|accent\w*|detail\w*|"
    r"hintergrund|rand|fond|fondo|sfondo)",
    re.I,
)


_SPELLED = re.compile(r"[a-z0-9\u00e0-\u024f\u0400-\u04ff]")


def score(reply: str, truth: IconTruth) -> dict[str, Criterion]:
    """Score `identification` and `description` of a reply."""
    text = unicodedata.normalize("NFC", plain(reply))
    words = words_of(truth.icon)
    mentions = _mentions(text, words)
    identification, first = _identification(text, mentions)
    return {
        "identification": identification,
        "description": _description(text, mentions, first, identification, words, truth),
    }


# ----- The names


@cache
def _table(path: Path = ICONS) -> dict[str, dict[str, dict[str, str]]]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def words_of(icon: str) -> Words:
    """Return what replies about an icon are looked through with, compiled once."""
    table = _table()
    own = table["icons"][icon]
    rights: dict[str, Right] = {}
    for other in table["icons"].values():
        rights.update((name, "wrong") for name in _listed(other["names"]))
    rights.update((name, "wrong") for name in _listed(str(table["others"])))
    rights.update((name, "half") for name in _listed(own["half"]))
    rights.update((name, "right") for name in _listed(own["names"]))
    names = sorted(rights, key=len, reverse=True)
    single = tuple(
        name
        for name, right in rights.items()
        if right == "right" and len(name) >= 5 and name.isascii() and name.isalpha()
    )
    return Words(
        _any_of(names, is_name=True),
        rights,
        _any_of(_listed(own["purpose"])),
        _any_of(_listed(own["looks"])),
        single,
    )


def flat(text: str) -> str:
    """Return a text of the same length in lower case and, where letters are Latin, plain ones."""
    if text.isascii():
        return text.lower()
    return "".join(
        unicodedata.normalize("NFD", char)[0].lower()[:1] if char < "\u0530" else char
        for char in text
    )


def _listed(said: str) -> list[str]:
    return list(
        dict.fromkeys(
            flat(unicodedata.normalize("NFC", " ".join(name.replace("-", " ").split())))
            for name in said.split(",")
            if name.strip()
        )
    )


def _any_of(names: list[str], is_name: bool = False) -> re.Pattern[str]:
    """Return a pattern that finds the names, whole words where letters are Latin or Cyrillic."""
    spelled = [name for name in names if _SPELLED.match(name)]
    other = [re.escape(name) for name in names if not _SPELLED.match(name)]
    words = grouped(_pattern(name, is_name) for name in spelled)
    return re.compile("|".join([rf"(?<![^\W_])(?:{words})(?![^\W_])", *other]))


def _pattern(name: str, is_name: bool = False) -> str:
    """Return a pattern of a name: inflected endings, and words between those of a purpose."""
    gap = r"[\s\-]+" if is_name else r"[\s\-]+(?:\w+[\s\-]+){0,3}"
    parts = [_word_pattern(word, is_name) for word in name.split(" ")]
    return gap.join(parts)


def _word_pattern(word: str, is_name: bool) -> str:
    if word.endswith("e*"):
        return re.escape(word[:-2]) + r"(?:e\w*|ing\w*)"  # `save*`: saved, saving
    if word.endswith("*"):
        return re.escape(word[:-1]) + r"\w*"
    if "\u0400" <= word[0] <= "\u04ff" and len(word) >= 4:
        return re.escape(word.rstrip("аеиоуыьяю")) + r"\w{0,3}"
    return re.escape(word) + (
        r"(?:e?s|n|en|e)?(?:-?(?:symbol|icon|ikone))?" if is_name and word.isalpha() else ""
    )


_ITS_USE = re.compile(
    r"[\s-]+(?:storage|management|organi[sz]ation|organi[sz]er|handling|sharing|access|structure|"
    r"system|location|collection)\b"
)


def _mentions(text: str, words: Words) -> list[Mention]:
    """Return the names that a reply says the icon has, in order; denied ones are left out."""
    even = flat(text)
    found = [(match.start(), match.end()) for match in words.names.finditer(even)]
    mentions = []
    for start, end in found:
        right, name = _right_of(even[start:end], words)
        if right == "wrong" and _ITS_USE.match(even, end):
            continue  # `file storage` is no file
        if is_said(text, start, end):
            mentions.append(Mention(name, right, start, end, _is_identity(even, start)))
    if not any(mention.right == "right" for mention in mentions):
        mentions += _misspelt(text, even, words)
        mentions.sort(key=lambda mention: mention.start)
    plain_ones = [
        mention for place, mention in enumerate(mentions) if not _modifies(text, mentions, place)
    ]
    return _chained(text, plain_ones)


_CHAIN = re.compile(
    r"[\s,/\"'*()]*(?:(?:or|a|an|the|maybe|even|possibly|perhaps|either|some kind of|oder|ein\w*|"
    r"ou|"
    r"une?|o|una?|icon|symbol|或|还是)[\s\"'*,]*)*",
    re.I,
)


def _chained(text: str, mentions: list[Mention]) -> list[Mention]:
    """Return the mentions; what goes on in a list of what the icon is, is said of it too."""
    out: list[Mention] = []
    for mention in mentions:
        if out and out[-1].is_identity and not mention.is_identity:
            between = text[out[-1].end : mention.start]
            if "," in between or _OR.search(between):
                is_chained = _CHAIN.fullmatch(between) is not None
                mention = mention._replace(is_identity=is_chained)
        out.append(mention)
    return out


def _right_of(said: str, words: Words) -> tuple[Right, str]:
    said = " ".join(said.replace("-", " ").split())
    said = (
        re.sub(r"(?<=\w)[ -]?(?:symbol|ikone|icon)$", "", said)
        if said not in words.rights
        else said
    )
    for cut in ("", "s", "es", "n", "en", "e"):
        name = said.removesuffix(cut) if cut else said
        if name in words.rights:
            return words.rights[name], name
    stem = [name for name in words.rights if name[:3] == said[:3] and name[:-1] in said]
    return (words.rights[stem[0]], stem[0]) if stem else ("wrong", said)


def _misspelt(text: str, even: str, words: Words) -> list[Mention]:
    """Return right names with one typo; a word of English is none."""
    found = []
    for match in re.finditer(r"[a-z]{4,}", even):
        word = match[0]
        if word in english_words() or word in words.rights:
            continue
        if any(is_one_typo(word, name) for name in words.single) and is_said(text, match.start()):
            near = next(name for name in words.single if is_one_typo(word, name))
            identity = _is_identity(even, match.start())
            found.append(Mention(near, "right", match.start(), match.end(), identity))
    return found


def _modifies(text: str, mentions: list[Mention], place: int) -> bool:
    """Return whether a wrong name only says what kind of right thing it is: `a document folder`."""
    mention = mentions[place]
    if mention.right == "right" or place + 1 == len(mentions):
        return False
    after = mentions[place + 1]
    between = text[mention.end : after.start]
    return after.right != "wrong" and re.fullmatch(r"[\s'’\"s-]{1,4}", between) is not None


def _is_identity(even: str, start: int) -> bool:
    before = even[max(0, start - 90) : start].rsplit("\n", 1)[-1]
    before = re.split(r"[.!?;]\s", before)[-1]
    return _IDENTITY.search(before) is not None


# ----- The criteria


def _identification(text: str, mentions: list[Mention]) -> tuple[Criterion, Mention | None]:
    identity = [mention for mention in mentions if mention.is_identity]
    held = set(standing(text, [mention.start for mention in identity]))
    identity = [mention for mention in identity if mention.start in held]
    rights = [mention for mention in identity if mention.right == "right"]
    halves = [mention for mention in identity if mention.right == "half"]
    wrongs = [mention for mention in identity if mention.right == "wrong"]
    if rights:
        return _right_one(text, rights, wrongs)
    loose = [
        mention
        for mention in mentions
        if mention.right == "right"
        and not _PURPOSE_BEFORE.search(flat(text[: mention.start])[-60:])
    ]
    if loose and not wrongs and not (halves and halves[0].start < loose[0].start):
        return Criterion(1.0, f'names it: "{_said(text, loose[0])}"'), loose[0]
    if halves and not (wrongs and wrongs[0].start < halves[0].start):
        return Criterion(0.5, f'half right: "{_said(text, halves[0])}"'), halves[0]
    if wrongs:
        return Criterion(0.0, f'takes it for "{_said(text, wrongs[0])}"'), None
    half = next((mention for mention in mentions if mention.right == "half"), None)
    if half is not None:
        return Criterion(0.5, f'half right: "{_said(text, half)}"'), half
    return Criterion(0.0, "no name of it is given"), None


def _right_one(
    text: str, rights: list[Mention], wrongs: list[Mention]
) -> tuple[Criterion, Mention]:
    first = rights[0]
    rivals = [wrong for wrong in wrongs if _is_rival(text, rights, wrong)]
    things = list(dict.fromkeys(wrong.name for wrong in rivals))
    if not things:
        return Criterion(1.0, f'names it: "{_said(text, first)}"'), first
    told = ", ".join(f'"{thing}"' for thing in things)
    if len(things) > 1:
        return Criterion(0.0, f'undecided between "{first.name}" and {told}'), first
    return Criterion(0.5, f'undecided between "{first.name}" and {told}'), first


def _is_rival(text: str, rights: list[Mention], wrong: Mention) -> bool:
    """Return whether a wrong name stands beside a right one as another possibility, or before."""
    first = rights[0]
    if wrong.start < first.start:
        # `it could be a file, but the tab shows that it is a folder`
        return _BUT.search(text[wrong.end : first.start]) is None
    near = max((right for right in rights if right.start < wrong.start), default=first)
    between = text[near.end : wrong.start]
    rest = re.split(r"[.\n;]", text[wrong.end : wrong.end + 60])[0]
    if len(between) > 60 or re.search(r"[.\n;]", between):
        return False
    if _PURPOSE_BEFORE.search(flat(between)):
        return False  # `a folder or directory, used for saving files`
    # `a folder, a briefcase or a wallet`: the word stands before the last one only.
    return _OR.search(between) is not None or (
        _CHAIN.fullmatch(between) is not None and _OR.search(rest) is not None
    )


def _said(text: str, mention: Mention) -> str:
    return text[mention.start : mention.end]


def _description(
    text: str,
    mentions: list[Mention],
    first: Mention | None,
    identification: Criterion,
    words: Words,
    truth: IconTruth,
) -> Criterion:
    even = flat(text)
    outside = _without(even, mentions, first)
    looks = _looks(text, outside, words)
    right_colours, wrong_colours = _colours(text, truth, mentions)
    details = looks + right_colours[:1]
    if first is None or not identification.value:
        if len(details) >= 2:
            return Criterion(0.5, f"another thing, but it has: {', '.join(details)}")
        return Criterion(0.0, "describes another thing")
    purpose = [
        match[0] for match in words.purpose.finditer(outside) if is_said(text, match.start())
    ]
    names = {
        mention.name for mention in mentions
        if mention.right == "right"
        and mention.name[0].isalpha()
        and _root(mention.name) != _root(first.name)
    }  # fmt: skip
    if purpose and not wrong_colours:
        return Criterion(1.0, f'says what it is for: "{purpose[0]}"')
    if len(details) >= 2 and not wrong_colours:
        return Criterion(1.0, f"says how it looks: {', '.join(details)}")
    if wrong_colours:
        if purpose or looks:
            return Criterion(0.5, f"right, but also: {wrong_colours[0]}")
        return Criterion(0.0, f"wrong: {wrong_colours[0]}")
    if details:
        return Criterion(0.5, f"one detail: {details[0]}")
    if names:
        return Criterion(0.5, f"two names: {first.name}, {sorted(names)[0]}")
    return Criterion(0.0, "only the name")


def _root(name: str) -> str:
    """Return the word that tells names apart: `folder icon` and `file folder` are one."""
    words = [word for word in name.split() if word not in ("icon", "button", "file", "files")]
    return words[-1].removesuffix("s") if words else name


def _without(even: str, mentions: list[Mention], first: Mention | None) -> str:
    """Return a text with the name itself blanked out, wherever it stands."""
    if first is None:
        return even
    chars = list(even)
    for mention in mentions:
        if mention is first or mention.name == first.name:
            chars[mention.start : mention.end] = "#" * (mention.end - mention.start)
    return "".join(chars)


def _looks(text: str, outside: str, words: Words) -> list[str]:
    """Return the details of its looks that a reply tells rightly, each once."""
    found = {
        match[0][:6]: match[0]
        for match in words.looks.finditer(outside)
        if is_said(text, match.start())
    }
    return list(found.values())


def _colours(text: str, truth: IconTruth, mentions: list[Mention]) -> tuple[list[str], list[str]]:
    """Return which colours a reply gives the icon rightly, and which wrongly."""
    base = term_of(truth.colour.split()[-1])
    allowed = (*_ALSO.get(truth.colour, ()), str(base[1]) if base else truth.colour)
    right, wrong = [], []
    for term in terms(text):
        if term.kind != "colour" or not is_said(text, term.start, term.end):
            continue
        said = text[term.start : term.end]
        if term.value in allowed:
            right.append(said)
        elif not _PARTS.match(text[term.end :]) and _is_of_icon(
            text, term.start, term.end, mentions
        ):
            wrong.append(said)
    return right, [] if right else wrong


def _is_of_icon(text: str, start: int, end: int, mentions: list[Mention]) -> bool:
    """Return whether a colour is said of the icon as a whole."""
    if any(
        0 <= mention.start - end < 30 and not re.search(r"[.,;:]", text[end : mention.start])
        for mention in mentions
    ):
        return True
    before = text[max(0, start - 30) : start]
    return re.search(
        r"(?:\b(?:is|colou?r(?:ed)?(?: is)?|in|couleur|color|colore|cor|farbe|kleur)\b|[:：])\s*"
        r"(?:a |de |solid |bright |dark |light )*$",
        before,
        re.I,
    ) is not None or any(0 <= start - mention.end < 3 for mention in mentions)

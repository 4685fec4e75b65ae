"""VL-T2-Q3: a function with a bug."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.sources import programs
from scribebench.rubric.truths import CodeTruth

CANONICAL = "mean_len_minus_one"


def canonical() -> CodeTruth:
    """Return the function of rubric.md: each name is the first of its role."""
    names = {role: words[0] for role, words in programs()[CANONICAL]["names"].items()}
    return _code(CANONICAL, names)


def vary(dice: Dice, variant: int) -> CodeTruth:
    """Return a program with other names; so many variants in a row show all programs.

    No two roles of a program share a name.
    """
    turn, place = divmod(variant, len(programs()))
    keys = [CANONICAL, *(key for key in programs() if key != CANONICAL)]
    if turn:  # variant 0 is the canonical one
        keys = Dice(f"order of programs {turn}").shuffled(keys)
    names: dict[str, str] = {}
    for role, words in programs()[keys[place]]["names"].items():
        names[role] = dice.one_of([word for word in words if word not in names.values()])
    return _code(keys[place], names)


def _code(program: str, names: dict[str, str]) -> CodeTruth:
    # Not str.format: the code of a program may hold braces of its own.
    code = programs()[program]["code"].rstrip("\n")
    for role, name in names.items():
        code = code.replace("{" + role + "}", name)
    return CodeTruth(program, code, tuple(names.items()))

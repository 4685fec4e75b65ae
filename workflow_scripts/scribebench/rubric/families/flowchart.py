"""VL-T3-Q2: a flowchart of decisions."""

from scribebench.rubric.dice import Dice
from scribebench.rubric.truths import Decision, FlowchartTruth

NUMBERS = ("input", "count", "score", "speed", "level", "size", "age", "weight", "limit", "total")
FLAGS = (
    ("flag", "true", "false"),
    ("ready", "true", "false"),
    ("paid", "true", "false"),
    ("mode", "auto", "manual"),
    ("state", "open", "closed"),
    ("user", "admin", "guest"),
    ("door", "shut", "open"),
    ("power", "on", "off"),
)
STARTS = ("Start", "Start", "Begin")
ENDS = ("Run job", "Send mail", "Save file", "Open gate", "Print label", "Ship order", "Load data")
STOPS = ("Stop", "Wait", "Show error", "Ask again", "Write log", "Skip item", "Reject")


def canonical() -> FlowchartTruth:
    """Return the flowchart of rubric.md."""
    decisions = (Decision("input", ">", "10", "Stop"), Decision("flag", "=", "true", "Stop"))
    return FlowchartTruth("Start", decisions, "Run job")


def vary(dice: Dice, variant: int) -> FlowchartTruth:
    """Return two or three decisions; No leads to one node for all, or to one for each."""
    count = dice.between(2, 3)
    numbers = dice.some_of(NUMBERS, count)
    flags = dice.some_of(FLAGS, count)
    stops = dice.some_of(STOPS, count) if dice.chance(0.5) else [dice.one_of(STOPS)] * count
    decisions = []
    for number, (flag, *values), stop in zip(numbers, flags, stops, strict=True):
        if dice.chance(0.6):
            operator, value = dice.one_of((">", "<", ">=", "<=")), str(dice.between(2, 90))
            decisions.append(Decision(number, operator, value, stop))
        else:
            decisions.append(Decision(flag, "=", dice.one_of(values), stop))
    return FlowchartTruth(dice.one_of(STARTS), tuple(decisions), dice.one_of(ENDS))


def fields(truth: FlowchartTruth) -> dict[str, str]:
    """Return what the prompt is filled with."""
    said = [f"{one.subject} {one.operator} {one.value}" for one in truth.decisions]
    return {"conditions": ", ".join(said[:-1]) + " and " + said[-1]}

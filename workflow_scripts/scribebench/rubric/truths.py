"""What is true of each question's image: computed by what draws it, read by what grades replies."""

from typing import NamedTuple


class TextTruth(NamedTuple):
    """VL-T1-Q1, and the families of turned text and of long numbers: the text that is drawn."""

    text: str


class ShapeGroup(NamedTuple):
    """So many shapes of one kind and colour; both by their English name in the singular."""

    count: int
    colour: str
    shape: str


class ShapesTruth(NamedTuple):
    """VL-T1-Q2: the shapes that are drawn, the kinds all different."""

    groups: tuple[ShapeGroup, ...]

    @property
    def total(self) -> int:
        """Return how many shapes there are."""
        return sum(group.count for group in self.groups)


class IconTruth(NamedTuple):
    """VL-T1-Q3: an icon, by its key in `rubric/icons.yaml` (`folder` in variant 0), and its colour.

    That file holds the names that are right, half right or another thing's, and what may be said of
    its purpose and looks.
    """

    icon: str
    colour: str


class Bar(NamedTuple):
    """One bar of a chart."""

    label: str
    value: int


class BarsTruth(NamedTuple):
    """VL-T2-Q1: the bars from left to right, the label asked for; one bar is highest."""

    bars: tuple[Bar, ...]
    asked: str

    @property
    def asked_value(self) -> int:
        """Return the value that is asked for."""
        return next(bar.value for bar in self.bars if bar.label == self.asked)

    @property
    def highest(self) -> str:
        """Return the label of the highest bar."""
        return max(self.bars, key=lambda bar: bar.value).label


class InvoiceLine(NamedTuple):
    """One line of an invoice; the price of one piece in cents."""

    name: str
    quantity: int
    unit_cents: int

    @property
    def cents(self) -> int:
        """Return what the line costs."""
        return self.quantity * self.unit_cents


class InvoiceTruth(NamedTuple):
    """VL-T2-Q2: an invoice; `date` is ISO 8601, `currency` the sign that is drawn."""

    number: str
    date: str
    currency: str
    lines: tuple[InvoiceLine, ...]

    @property
    def total_cents(self) -> int:
        """Return the total that is asked for."""
        return sum(line.cents for line in self.lines)


class CodeTruth(NamedTuple):
    """VL-T2-Q3: a function with one bug; `program` is its key in `rubric/programs.yaml`.

    That file holds what the function is for, its bug, and what counts as having told of them
    (`mean_len_minus_one` in variant 0); names in the code differ between variants.
    """

    program: str
    code: str
    names: tuple[tuple[str, str], ...] = ()  # (role in the programs file, name in this code)


class EquationTruth(NamedTuple):
    """VL-T3-Q1: `coefficient` * `letter` + `constant` = `result`, solved by `solution`."""

    letter: str
    coefficient: int
    constant: int
    result: int

    @property
    def solution(self) -> int:
        """Return the number that solves the equation; the division leaves no rest."""
        return (self.result - self.constant) // self.coefficient


class Decision(NamedTuple):
    """A question of a flowchart; `subject`, `operator`, `value` are as drawn (`input`, `>`, `10`).

    Yes leads to the next decision, or to the end.
    """

    subject: str
    operator: str
    value: str
    if_no: str  # text of the node that No leads to

    @property
    def text(self) -> str:
        """Return what stands in the node."""
        return f"{self.subject} {self.operator} {self.value}?"


class FlowchartTruth(NamedTuple):
    """VL-T3-Q2: from `start` over decisions to `end`, where the path of the prompt goes.

    Each decision is answered Yes on the path, so that it is: start, all decisions, end.
    """

    start: str
    decisions: tuple[Decision, ...]
    end: str


class Difference(NamedTuple):
    """One difference of two panels: an object of the left one, and what became of it.

    `kind` is `missing`, `colour` or `rotation`; `before` and `after` are colours, or the directions
    `up` and `down`; null for what is missing.
    """

    colour: str
    shape: str
    kind: str
    before: str | None
    after: str | None


class PanelObject(NamedTuple):
    """An object of a panel; `direction` of triangles only (`up` or `down`)."""

    colour: str
    shape: str
    place: str  # top left, top right, bottom left, bottom right or middle
    direction: str | None = None


class DifferencesTruth(NamedTuple):
    """VL-T3-Q3: the objects of the two panels, and their three differences."""

    left: tuple[PanelObject, ...]
    right: tuple[PanelObject, ...]
    differences: tuple[Difference, ...]


class GridTruth(NamedTuple):
    """VL-T3-Q4: a 3x3 Latin square of shapes, row by row; the cell at `empty` is drawn as `?`."""

    rows: tuple[tuple[str, str, str], tuple[str, str, str], tuple[str, str, str]]
    empty: tuple[int, int]  # row, column, from 0

    @property
    def answer(self) -> str:
        """Return the shape that belongs into the empty cell."""
        return self.rows[self.empty[0]][self.empty[1]]


class TableTruth(NamedTuple):
    """The family of dense tables: the cells, row by row, and the cell that is asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    asked: tuple[int, int]  # row, column, from 0

    @property
    def answer(self) -> str:
        """Return the text of the cell that is asked for."""
        return self.rows[self.asked[0]][self.asked[1]]


Truth = (
    TextTruth
    | ShapesTruth
    | IconTruth
    | BarsTruth
    | InvoiceTruth
    | CodeTruth
    | EquationTruth
    | FlowchartTruth
    | DifferencesTruth
    | GridTruth
    | TableTruth
)

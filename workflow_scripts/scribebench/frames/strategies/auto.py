"""The strategy `auto`: keep what would be lost, and what is arranged as on no other kept frame.

Candidates are settled states. A state adds what it shows and no kept frame shows, in tiles of
readable content; and a little for how far it is from the kept frame that is most like it. The state
that adds the most is kept, again and again, until no other one adds anything: greedy maximum
coverage, which comes within 1 - 1/e of the best choice (Nemhauser, Wolsey, Fisher 1978).
"""

from dataclasses import dataclass

import numpy as np

from scribebench.frames.arrays import distinct
from scribebench.frames.contents import Contents, read_contents
from scribebench.frames.runs import Events
from scribebench.frames.settled import State, find_states
from scribebench.frames.strategies.decisions import Decision, Settings
from scribebench.frames.strategies.keepalive import with_keepalive

# Each tile that is arranged as on no kept frame adds so much; all of them add ARRANGED_MOST.
ARRANGED, ARRANGED_MOST = 0.13, 3.0
# A state that adds less adds nothing: four tiles otherwise arranged, or half a tile lost.
ADDS_LEAST = 0.5
# With `budget: auto` the bar rises as frames are kept: fivefold at so many frames.
USUAL_FRAMES, USUAL_FRAMES_A_MINUTE = 20, 4.0
RISE, RISE_POWER = 4.0, 4
# A state that was on the screen for a short time gives way to a longer one that shows the same.
SHORT_STATE, SHORT_S, LONG_S = 0.4, 0.8, 8.0
# So does one whose picture was not stored while decoding: it would cost another pass.
WITHOUT_PICTURE = 0.8


@dataclass(frozen=True)
class _Choice:
    """A state that was kept: its place among the states, what it added, and how."""

    state: int
    adds: float
    reason: str


def select_auto(events: Events, pictured: list[bool], settings: Settings) -> list[Decision]:
    """Decide for each sampled frame, in order."""
    total = len(events.times_s)
    contents = read_contents(events, settings.min_dwell_s)
    states = find_states(events, contents, np.array(pictured))
    if not states:  # too short to rest: the last frame shows the most
        states = [State(0, total - 1, total - 1, settled=False)]
    cover = _Cover(contents, states, total)
    stored = np.array([pictured[state.best] for state in states])
    choices, left = _choose(events, states, cover, stored, settings.budget)
    kept = {states[choice.state].best: choice for choice in choices}
    decisions = _decisions(events, contents, states, cover, kept, left)
    return with_keepalive(decisions, events.times_s.tolist(), settings)


class _Cover:
    """Which candidates show which content, and what they add to those that are kept."""

    def __init__(self, contents: Contents, states: list[State], total: int):
        self._contents, self._total = contents, total
        self.candidates = np.array([state.best for state in states])
        # How a screen is arranged that does not rest, as in scrolling, is by chance.
        self._arranged = np.array([state.settled for state in states]) * ARRANGED
        order = np.argsort(contents.content, kind="stable")
        numbers = np.arange(len(contents.weight) + 1)
        self._runs_of = order
        self._bounds = np.searchsorted(contents.content[order], numbers)
        weight = contents.weight
        # Blank tiles tell how a screen is arranged; nothing is lost with them.
        self._lost = np.where(contents.blank, 0.0, weight)
        everywhere = np.arange(len(contents.content))
        self.shown = self._sum(everywhere, contents.arranged[contents.content])
        self.unseen = self._sum(everywhere, self._lost[contents.content])
        self.apart = np.full(len(states), np.inf)
        # The kept frame that is most like each candidate, and how far both are apart in time.
        self.standing = np.full(len(states), -1)
        self._gap = np.full(len(states), total)
        self._covered = np.zeros(len(weight), bool)

    def adds(self) -> np.ndarray:
        """Return what each candidate would add to the kept ones, in tiles."""
        arranged = np.minimum(ARRANGED_MOST, self._arranged * np.minimum(self.apart, 1e9))
        return self.unseen + arranged

    def keep(self, candidate: int) -> None:
        """Take a candidate as kept."""
        frame = self.candidates[candidate]
        here = (self._contents.first <= frame) & (self._contents.last >= frame)
        tiles = self._contents.content[here]
        shown = distinct(tiles)
        fresh = self._with_ancestors(shown[~self._covered[shown]])
        runs = self._runs(fresh)
        self.unseen = self.unseen - self._sum(runs, self._lost[self._contents.content[runs]])
        distances = self._distances(tiles, shown)
        self._stand(frame, distances)
        self.apart = np.minimum(self.apart, distances)

    def _distances(self, tiles: np.ndarray, shown: np.ndarray) -> np.ndarray:
        """Return how many tiles of each candidate are arranged otherwise than on a frame.

        `tiles` is what the frame's tiles show, `shown` the same without repetitions.
        """
        weight = self._contents.arranged
        runs = self._runs(shown)
        common = self._sum(runs, weight[self._contents.content[runs]])
        return np.maximum(self.shown, weight[tiles].sum()) - common

    def _stand(self, frame: int, distances: np.ndarray) -> None:
        """Let a kept frame stand for the candidates that it is most like; of two the nearer one."""
        gap = np.abs(self.candidates - frame)
        like, unlike = distances < self.apart - 1e-6, distances > self.apart + 1e-6
        nearer = (gap < self._gap) | ((gap == self._gap) & (frame < self.standing))
        better = like | (~unlike & nearer)
        self.standing[better] = frame
        self._gap[better] = gap[better]

    def _with_ancestors(self, contents: np.ndarray) -> np.ndarray:
        """Mark contents as covered, and those that they grew from; return all that were not yet."""
        fresh = contents
        self._covered[fresh] = True
        parents = fresh
        while len(parents):
            parents = self._contents.grown_from[parents]
            parents = distinct(parents[parents >= 0])
            parents = parents[~self._covered[parents]]
            self._covered[parents] = True
            fresh = np.concatenate([fresh, parents])
        return fresh

    def _runs(self, contents: np.ndarray) -> np.ndarray:
        if not len(contents):
            return np.zeros(0, np.int64)
        starts, ends = self._bounds[contents], self._bounds[contents + 1]
        lengths = ends - starts
        offsets = np.repeat(starts - np.append(0, np.cumsum(lengths)[:-1]), lengths)
        return self._runs_of[offsets + np.arange(lengths.sum())]

    def _sum(self, runs: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Return for each candidate the weight of those runs that it lies in."""
        change = np.zeros(self._total + 1)
        np.add.at(change, self._contents.first[runs], weight)
        np.add.at(change, self._contents.last[runs] + 1, -weight)
        return np.cumsum(change)[self.candidates]


def _choose(
    events: Events, states: list[State], cover: _Cover, stored: np.ndarray, budget: int | None
) -> tuple[list[_Choice], np.ndarray]:
    """Return the kept states in order of choice, and what the others would still add."""
    length_s = events.ends_s[-1] - events.times_s[0]
    usual = USUAL_FRAMES + USUAL_FRAMES_A_MINUTE * length_s / 60
    lasted_s = np.array([events.ends_s[s.last] - events.times_s[s.first] for s in states])
    longer = np.log(np.maximum(lasted_s, SHORT_S) / SHORT_S) / np.log(LONG_S / SHORT_S)
    lasting = (SHORT_STATE + (1 - SHORT_STATE) * longer).clip(SHORT_STATE, 1)
    lasting[~stored] *= WITHOUT_PICTURE
    choices: list[_Choice] = []
    while True:
        adds = cover.adds()
        adds[[choice.state for choice in choices]] = 0.0
        rise = RISE * (len(choices) / usual) ** RISE_POWER if budget is None else 0.0
        least = ADDS_LEAST * (1 + rise)
        worth = np.where(adds >= least, adds * lasting, 0.0)
        best = int(np.flatnonzero(worth >= worth.max() - 1e-6)[-1])
        full = budget is not None and len(choices) >= budget
        if full or (worth[best] <= 0 and choices):
            return choices, adds
        unseen = float(cover.unseen[best])
        reason = "content" if unseen >= adds[best] - unseen else "arrangement"
        choices.append(_Choice(best, float(adds[best]), reason if choices else "content"))
        cover.keep(best)


def _decisions(
    events: Events,
    contents: Contents,
    states: list[State],
    cover: _Cover,
    kept: dict[int, _Choice],
    left: np.ndarray,
) -> list[Decision]:
    """Say of each frame what became of it and which kept frame stands for it."""
    standing = cover.standing.tolist()
    changes = np.bincount(contents.first, minlength=len(events.times_s)).cumsum()
    decisions: list[Decision] = []
    for number, state in enumerate(states):
        decisions += _in_passing(events, states, standing, len(decisions), state.first, number)
        by = standing[number]
        own = state.first <= by <= state.last
        missed = round(max(0.0, float(left[number])), 3)
        for index in range(state.first, state.last + 1):
            choice = kept.get(index)
            if choice is not None:
                adds = round(choice.adds, 3)
                decisions.append(Decision(index, True, choice.reason, index, adds))
            elif own:
                reason = "same" if changes[index] == changes[by] else "noise"
                decisions.append(Decision(index, False, reason, by))
            else:
                reason = "budget" if missed >= ADDS_LEAST else "seen"
                adds = missed if index == state.best else None
                decisions.append(Decision(index, False, reason, by, adds))
    total = len(events.times_s)
    return decisions + _in_passing(events, states, standing, len(decisions), total, len(states))


def _in_passing(
    events: Events, states: list[State], standing: list[int], first: int, end: int, following: int
) -> list[Decision]:
    """Decide on frames between two states: the state that is nearer in time stands for them."""
    decisions = []
    for index in range(first, end):
        near = []
        if following > 0:
            gap_s = events.times_s[index] - events.times_s[states[following - 1].last]
            near.append((gap_s, standing[following - 1]))
        if following < len(states):
            gap_s = events.times_s[states[following].first] - events.times_s[index]
            near.append((gap_s, standing[following]))
        decisions.append(Decision(index, False, "passing", min(near)[1]))
    return decisions

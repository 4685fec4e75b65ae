"""From the scores of all candidates to the rows of `roles` and `comparisons`."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from scribebench.project.documents import read_yaml
from scribebench.rubric.decide import Role, Scored, by_question, compare, decide_role
from scribebench.rubric.sources import FOLDER, questions

Row = dict[str, Any]


class Decided(NamedTuple):
    """Rows of `roles`, and of `comparisons` between candidates."""

    roles: list[Row]
    comparisons: list[Row]


@cache
def role_file() -> dict[str, Any]:
    """Return the roles, what they ask, and what was expected of each tier."""
    return read_yaml(FOLDER / "roles.yaml")


def tiers() -> dict[str, int | None]:
    """Return the tier of each question; null for those that count for no role."""
    return {question: known["tier"] for question, known in questions().items()}


def scores_of(rows: Iterable[Row]) -> dict[str, dict[int, float]]:
    """Return the scores of one candidate's rows of `rubric_items`, by question and variant.

    Controls show another picture, and are left out.
    """
    return by_question(
        Scored(row["question"], row["item_variant"], row["repeat_index"], row["score"])
        for row in rows
        if row["control"] == "picture"
    )


def decide(rows: Iterable[Row]) -> Decided:
    """Decide the roles of each candidate and compare all, from the rows of `rubric_items`."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["model"], row["variant"]), []).append(row)
    scores = {candidate: scores_of(own) for candidate, own in found.items()}
    known = tiers()
    roles = [
        _role_row(candidate, decide_role(name, least, own, known))
        for candidate, own in scores.items()
        for name, least in _rules().items()
    ]
    # Questions that count for no role are another thing, and no part of a comparison.
    in_tiers = {
        "/".join(candidate): {name: own[name] for name in own if known[name] is not None}
        for candidate, own in scores.items()
    }
    return Decided(roles, [_comparison_row(pair) for pair in compare(in_tiers)])


def _rules() -> dict[str, dict[int, float]]:
    return {
        name: {int(tier): least for tier, least in role["score"].items()}
        for name, role in role_file()["roles"].items()
    }


def _role_row(candidate: tuple[str, str], role: Role) -> Row:
    rules = [
        {"tier": rule.tier, "least": rule.least, "met": rule.met}
        | ({} if rule.mean is None else rule.mean._asdict())
        for rule in role.rules
    ]
    return {
        "model": candidate[0],
        "variant": candidate[1],
        "role": role.name,
        "decision": role.decision,
        "rules_json": json.dumps(rules),
        "more_variants": role.more_variants,
    }


def _comparison_row(pair: Any) -> Row:
    return {
        "task_id": "rubric",
        "model_a": pair.first,
        "model_b": pair.second,
        "n_items": pair.n,
        "diff": pair.difference,
        "ci_low": pair.low,
        "ci_high": pair.high,
        "ci_method": "betting",
        "p_value": pair.p,
        "p_holm": pair.p_holm,
        "test": "perm_exact",
        "scope": "fixed_families",
    }

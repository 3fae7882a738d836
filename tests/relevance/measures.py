"""What a ranking is worth against judgements, and how sure that is."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.relevance.judged import EXACT

DEPTH = 10
"""Of recall and gain: what is on the first page."""

_RESAMPLES = 2000
_SEED = 7


def reciprocal_rank(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """One over the rank of the first exact document; 0 when none was found."""
    return next((1 / rank for rank, each in enumerate(found, start=1) if grades.get(each, 0) == EXACT), 0.0)


def recall(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """Share of the exact documents that stand on the first page."""
    exact = {each for each, grade in grades.items() if grade == EXACT}
    return len(exact & set(found[:DEPTH])) / min(len(exact), DEPTH)


def gain(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """nDCG of the first page: acceptable documents count too, lower ranks count less."""
    best = sorted(grades.values(), reverse=True)[:DEPTH]
    return _dcg([grades.get(each, 0) for each in found[:DEPTH]]) / _dcg(best)


def _dcg(grades: Sequence[int]) -> float:
    return sum(float(2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries with the bounds of its 95 % confidence interval."""

    mean: float
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    """Bootstrap over the queries, percentiles; the same values give the same interval."""
    chance = random.Random(_SEED)  # noqa: S311 - a measurement that can be repeated, no secret
    means = sorted(_mean(chance.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    return Estimate(_mean(values), means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES) - 1])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


MEASURES: Mapping[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    "mrr": reciprocal_rank,
    "recall": recall,
    "ndcg": gain,
}

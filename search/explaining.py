"""Why a document stands where it does: which steps of the rank it met, asked of the engine as the rank itself was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from search.plan import Bool, Node, Worth
from search.ports import Reason

_LEAST = 0.001
"""Scores are told in thousandths."""


def reasons(
    plan: Bool, scores: Mapping[str, float], holding: Callable[[Node], Sequence[str]]
) -> Mapping[str, tuple[Reason, ...]]:
    """By document: the steps that it met, the greatest first, and what its words are worth beside them.

    Args:
        plan: By which the documents were ranked.
        scores: By document.
        holding: Those of the documents for which a node holds; asked once a step.
    """
    met: dict[str, dict[str, float]] = {document_id: {} for document_id in scores}
    for step in plan.should:
        if isinstance(step, Worth) and step.why:
            for document_id in holding(step.inner):
                steps = met[document_id]
                steps[step.why] = steps.get(step.why, 0.0) + step.score
    found = {}
    for document_id, score in scores.items():
        parts = sorted(met[document_id].items(), key=lambda each: -each[1])
        rest = round(score - sum(part for _, part in parts), 3)
        if rest >= _LEAST:
            parts.append(("search.why.text", rest))
        found[document_id] = tuple(Reason(key, part) for key, part in parts)
    return found

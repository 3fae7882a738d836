"""What is handed in again is compared with what first came: bytes that were kept have to be the same."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.descriptions import Claim, Delivery
from metadata.findings import Finding

_FIRST_DIGESTS = "digests.jsonl"
"""What an upload keeps of its files' digests, as a finding names it."""


def as_first_received(delivery: Delivery, received: Mapping[str, str]) -> Delivery:
    """`delivery` with the digests that its files had when they first came, to be compared when they are read again."""
    for container in delivery.containers[:1]:
        first = received.get(container.name, container.sha256)
        if first != container.sha256:
            values = {"algorithm": "SHA-256", "expected": first, "actual": container.sha256}
            told = Finding(rule="ING-005", subject=container.name, file=_FIRST_DIGESTS, values=values)
            return delivery.model_copy(update={"findings": (*delivery.findings, told)})
    if delivery.containers:
        return delivery
    claims = {
        path: (*delivery.claims.get(path, ()), Claim(by=_FIRST_DIGESTS, digests={"SHA-256": digest}))
        for path, digest in received.items()
    }
    return delivery.model_copy(update={"claims": {**delivery.claims, **claims}})

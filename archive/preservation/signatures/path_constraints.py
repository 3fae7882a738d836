"""Certification path validation without its dates (RFC 5280, section 6.1; EN 319 102-1, clause 5.2.6.4).

Authority or not, path length, names, policies, critical extensions: what does
not depend on any time. Revocation and validity are bounds of `sliding`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import lru_cache

from archive.preservation.signatures.asn1 import Asn1Error
from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.extensions import NameConstraints
from archive.preservation.signatures.names import GeneralName, name
from archive.preservation.signatures.outcomes import PASSED, Outcome, open_

ANY_POLICY = "2.5.29.32.0"
_COMPARED = ("directory", "dns", "email", "uri", "ip")


@lru_cache(maxsize=256)
def judge_constraints(path: tuple[Certificate, ...]) -> Outcome:
    """Whether `path` (the signer first, the anchor last) may be, whatever the time."""
    for step in (_authorities, _extensions, _names, _policies):
        outcome = step(path)
        if not outcome.passed:
            return outcome
    return PASSED


def _authorities(path: tuple[Certificate, ...]) -> Outcome:
    """6.1.4 (k) to (n): who may issue, and how many may follow."""
    for depth, member in enumerate(path[1:], start=1):
        # An anchor of version 1 says nothing of itself; the operator has said it.
        silent = depth == len(path) - 1 and not member.extensions
        if not member.is_authority and not silent:
            return open_("CERTIFICATE_CHAIN_GENERAL_FAILURE", f"not-an-authority: {member.name}")
        below = [c for c in path[1:depth] if not c.is_self_issued]
        if member.path_length is not None and member.path_length < len(below):
            return open_("CHAIN_CONSTRAINTS_FAILURE", f"path-too-long: below {member.name}")
    return PASSED


def _extensions(path: tuple[Certificate, ...]) -> Outcome:
    """6.1.4 (o) and 6.1.5 (f): a critical extension that is not understood stops the path."""
    for member in path[:-1]:
        if member.unknown_critical:
            why = f"critical-extension: {', '.join(member.unknown_critical)} in {member.name}"
            return open_("CERTIFICATE_CHAIN_GENERAL_FAILURE", why)
    return PASSED


# ------------------------------------------------------------ names (4.2.1.10, 6.1.3 (b) and (c))


def _names(path: tuple[Certificate, ...]) -> Outcome:
    for depth in range(len(path) - 1, 0, -1):
        constraints = path[depth].name_constraints
        if constraints is None:
            continue
        for position, member in enumerate(path[:depth]):
            if position and member.is_self_issued:
                continue
            for found in _names_of(member):
                why = _refused(found, constraints)
                if why:
                    told = f"name-constraints: {path[depth].name} does not allow {found.kind} {found.text}: {why}"
                    return open_("CHAIN_CONSTRAINTS_FAILURE", told)
    return PASSED


def _names_of(member: Certificate) -> Iterator[GeneralName]:
    if member.subject_name.canonical:
        yield GeneralName("directory", member.subject)
    yield from member.says.alternative_names
    if not any(n.kind == "email" for n in member.says.alternative_names):
        yield from (GeneralName("email", address.encode()) for address in member.subject_name.emails)


def _refused(found: GeneralName, constraints: NameConstraints) -> str:
    for tree in (*constraints.permitted, *constraints.excluded):
        if tree.base.kind == found.kind and (tree.minimum != 0 or tree.maximum is not None):
            return "a constraint with minimum or maximum, which RFC 5280 does not know"
        if tree.base.kind == found.kind and found.kind not in _COMPARED:
            return "a constraint on names of this kind is not understood"
    if any(_within(found, tree.base) for tree in constraints.excluded):
        return "excluded"
    permitted = [tree.base for tree in constraints.permitted if tree.base.kind == found.kind]
    return "" if not permitted or any(_within(found, base) for base in permitted) else "not among the permitted"


def _within(found: GeneralName, base: GeneralName) -> bool:
    if found.kind != base.kind:
        return False
    if found.kind == "directory":
        try:
            inside, outer = name(found.value).canonical, name(base.value).canonical
        except Asn1Error:
            return False
        return inside[: len(outer)] == outer
    if found.kind == "ip":
        return _within_network(found.value, base.value)
    return _within_text(found.kind, found.text.casefold(), base.text.casefold())


def _within_network(address: bytes, network: bytes) -> bool:
    if len(network) != 2 * len(address) or len(address) not in (4, 16):
        return False
    value, start, mask = (
        int(ipaddress.ip_address(part)) for part in (address, network[: len(address)], network[len(address) :])
    )
    return value & mask == start & mask


def _within_text(kind: str, found: str, base: str) -> bool:
    if kind == "email":
        if "@" in base:
            return found == base
        host = found.rpartition("@")[2]
        return host.endswith(base) if base.startswith(".") else host == base
    if kind == "uri":
        host = found.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
        return host.endswith(base) if base.startswith(".") else host == base
    return not base or found == base or found.endswith(f".{base.removeprefix('.')}")


# ------------------------------------------------------------ policies (6.1.2 (d) to (f), 6.1.3 (d) to (f), 6.1.4)


def _policies(path: tuple[Certificate, ...]) -> Outcome:
    """Whether a policy is left where an authority demands one; any policy is acceptable to us."""
    mapping = next((m for m in path[:-1] if m.says.policy_mappings), None)
    demanded = any(m.says.explicit_policy is not None for m in path[:-1])
    if not demanded:
        return PASSED
    if mapping is not None:
        why = f"policy-mapping: {mapping.name} maps policies where one is demanded, which is not applied here"
        return open_("CERTIFICATE_CHAIN_GENERAL_FAILURE", why)
    valid: frozenset[str] = frozenset({ANY_POLICY})
    explicit, inhibit = len(path), len(path)
    members = list(reversed(path[:-1]))
    for place, member in enumerate(members):
        is_last = place == len(members) - 1
        valid = _next_policies(valid, member, any_allowed=inhibit > 0 or (member.is_self_issued and not is_last))
        if explicit <= 0 and not valid:
            return open_("CHAIN_CONSTRAINTS_FAILURE", f"policies: no acceptable policy is left at {member.name}")
        if not member.is_self_issued:
            explicit, inhibit = explicit - 1, inhibit - 1
        if member.says.explicit_policy is not None:
            explicit = min(explicit, member.says.explicit_policy)
        if member.says.inhibit_any_policy is not None:
            inhibit = min(inhibit, member.says.inhibit_any_policy)
    if explicit <= 0 and not valid:
        return open_("CHAIN_CONSTRAINTS_FAILURE", f"policies: no acceptable policy is left at {path[0].name}")
    return PASSED


def _next_policies(valid: frozenset[str], member: Certificate, *, any_allowed: bool) -> frozenset[str]:
    said = frozenset(member.says.policies or ())
    if ANY_POLICY in said and any_allowed:
        return valid
    named = said - {ANY_POLICY}
    return named if ANY_POLICY in valid else named & valid

"""The relationship transform of Office packages (ECMA-376-2, clause 13.2.4.24)."""

from __future__ import annotations

from archive.preservation.signatures.xml_canonical import NodeSet
from archive.preservation.signatures.xml_tree import Document, Element

RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
RELATIONSHIP_TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
_SIGNATURES = "http://schemas.openxmlformats.org/package/2006/digital-signature"


class RelationshipsError(ValueError):
    """The transform cannot be applied; the text says why, first word as in `XmlReference.problem`."""


def let_through(step: Element) -> tuple[frozenset[str], frozenset[str]]:
    """Identifiers and types that a relationship transform lets through."""
    ids = frozenset(e.get("SourceId") or "" for e in step.all(_SIGNATURES, "RelationshipReference"))
    kinds = frozenset(e.get("SourceType") or "" for e in step.all(_SIGNATURES, "RelationshipsGroupReference"))
    return ids, kinds


def related(nodes: NodeSet, ids: frozenset[str], kinds: frozenset[str]) -> NodeSet:
    """The relationship transform of ECMA-376-2: those named by identifier or type, sorted, with `TargetMode`.

    Raises:
        RelationshipsError: there are two relationships of one identifier, or it is no relationship part.
    """
    root = nodes.apex
    if root.tag != (RELATIONSHIPS, "Relationships"):
        raise RelationshipsError("damaged: no relationships where a signature names some")
    members = root.all(RELATIONSHIPS, "Relationship")
    names = [m.get("Id") or "" for m in members]
    if len(set(names)) != len(names):
        raise RelationshipsError("ambiguous: two relationships of one identifier")
    top = Element(root.qname, None, dict(root.declared), [], root.namespace)
    for member in sorted(members, key=lambda m: m.get("Id") or ""):
        if member.get("Id") not in ids and member.get("Type") not in kinds:
            continue
        attributes = list(member.attributes)
        if member.get("TargetMode") is None:
            attributes.append(("", "TargetMode", "TargetMode", "Internal"))
        top.children.append(Element(member.qname, top, dict(member.declared), attributes, member.namespace))
    return NodeSet(top, Document(top, [], [], len(members)))

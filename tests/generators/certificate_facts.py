"""The same facts of a certificate twice: by our reader and by `cryptography`, in one shape to compare."""

from __future__ import annotations

import ipaddress
import warnings
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID

from archive.preservation.signatures.certificates import Certificate
from archive.preservation.signatures.extensions import USAGES
from archive.preservation.signatures.names import GeneralName


def ours(found: Certificate) -> dict[str, Any]:
    says = found.says
    constraints = says.name_constraints
    return {
        "names": (found.subject, found.issuer, found.name, found.issuer_name.printable),
        "serial": found.serial,
        "validity": (found.not_before, found.not_after),
        "spki": found.public_key.spki,
        "bits": found.key[1],
        "signed": (found.tbs, found.signature, found.signature_algorithm.oid),
        "extensions": {oid: e.critical for oid, e in says.raw.items()},
        "basic": (says.is_ca, says.path_length),
        "usages": says.usages,
        "purposes": says.purposes,
        "policies": says.policies,
        "policy numbers": (says.explicit_policy, says.inhibit_mapping, says.inhibit_any_policy),
        "key identifiers": (says.subject_key, says.authority_key),
        "urls": (says.ocsp_urls, says.issuer_urls),
        "points": [[_plain(n) for n in p.names] for p in says.list_points],
        "names beside": [_plain(n) for n in says.alternative_names],
        "constraints": None
        if constraints is None
        else ([_plain(s.base) for s in constraints.permitted], [_plain(s.base) for s in constraints.excluded]),
        "no check": says.no_check,
    }


def _plain(found: GeneralName) -> tuple[str, str]:
    if found.kind == "ip":
        return "ip", found.value.hex()
    return found.kind, found.text


def by_library(der: bytes) -> dict[str, Any]:
    """ValueError (or one of its kin) where the library refuses."""
    with warnings.catch_warnings():
        # It warns of what some authorities of the world get wrong.
        warnings.simplefilter("ignore")
        found = x509.load_der_x509_certificate(der)
        key = found.public_key()
        values = {type(e.value): e.value for e in found.extensions}
        points: Any = values.get(x509.CRLDistributionPoints, ())
        critical = {e.oid.dotted_string: e.critical for e in found.extensions}
        serial = found.serial_number
    basic: Any = values.get(x509.BasicConstraints)
    return {
        "names": (
            found.subject.public_bytes(),
            found.issuer.public_bytes(),
            found.subject.rfc4514_string(),
            found.issuer.rfc4514_string(),
        ),
        "serial": serial,
        "validity": (found.not_valid_before_utc, found.not_valid_after_utc),
        "spki": key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "bits": key.key_size if isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) else 0,
        "signed": (found.tbs_certificate_bytes, found.signature, found.signature_algorithm_oid.dotted_string),
        "extensions": critical,
        "basic": (basic.ca, basic.path_length) if basic else (None, None),
        "usages": _usages(values.get(x509.KeyUsage)),
        "purposes": _dotted(values.get(x509.ExtendedKeyUsage)),
        "policies": _dotted(values.get(x509.CertificatePolicies)),
        "policy numbers": _policy_numbers(values),
        "key identifiers": _key_identifiers(values),
        "urls": _urls(values.get(x509.AuthorityInformationAccess)),
        "points": [[_general(n) for n in p.full_name or ()] for p in points],
        "names beside": [_general(n) for n in values.get(x509.SubjectAlternativeName, ())],
        "constraints": _constraints(values.get(x509.NameConstraints)),
        "no check": x509.OCSPNoCheck in values,
    }


def _usages(value: Any) -> frozenset[str] | None:  # noqa: ANN401 - an extension or None, as below
    if value is None:
        return None
    agreeing = value.key_agreement
    return frozenset(
        name for name in USAGES if (name not in ("encipher_only", "decipher_only") or agreeing) and getattr(value, name)
    )


def _dotted(value: Any) -> tuple[str, ...] | None:  # noqa: ANN401
    if value is None:
        return None
    return tuple(getattr(e, "policy_identifier", e).dotted_string for e in value)


def _policy_numbers(values: dict[Any, Any]) -> tuple[int | None, int | None, int | None]:
    constraints, any_policy = values.get(x509.PolicyConstraints), values.get(x509.InhibitAnyPolicy)
    return (
        constraints.require_explicit_policy if constraints else None,
        constraints.inhibit_policy_mapping if constraints else None,
        any_policy.skip_certs if any_policy else None,
    )


def _key_identifiers(values: dict[Any, Any]) -> tuple[bytes | None, bytes | None]:
    subject, authority = values.get(x509.SubjectKeyIdentifier), values.get(x509.AuthorityKeyIdentifier)
    return subject.digest if subject else None, authority.key_identifier if authority else None


def _urls(value: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:  # noqa: ANN401
    def of(method: x509.ObjectIdentifier) -> tuple[str, ...]:
        uris = [d.access_location for d in value or () if d.access_method == method]
        return tuple(u.value for u in uris if isinstance(u, x509.UniformResourceIdentifier))

    return of(AuthorityInformationAccessOID.OCSP), of(AuthorityInformationAccessOID.CA_ISSUERS)


def _constraints(value: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]] | None:  # noqa: ANN401
    if value is None:
        return None
    return [_general(n) for n in value.permitted_subtrees or ()], [_general(n) for n in value.excluded_subtrees or ()]


def _general(found: x509.GeneralName) -> tuple[str, str]:
    if isinstance(found, x509.DirectoryName):
        return "directory", found.value.rfc4514_string()
    if isinstance(found, x509.IPAddress):
        value = found.value
        if isinstance(value, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
            return "ip", (value.network_address.packed + value.netmask.packed).hex()
        return "ip", value.packed.hex()
    kinds = {
        x509.DNSName: "dns",
        x509.RFC822Name: "email",
        x509.UniformResourceIdentifier: "uri",
    }
    return kinds[type(found)], str(found.value)

"""Ed25519 and Ed448 verification in pure Python (RFC 8032, section 5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from archive.preservation.signatures.arithmetic_curves import KeyUnusableError

_Projective = tuple[int, int, int]
"""x = X/Z, y = Y/Z."""


@dataclass(frozen=True, slots=True)
class _Edwards:
    """A curve ax² + y² = 1 + dx²y² over the prime field of p, with a base point of prime order n."""

    p: int
    a: int
    d: int
    n: int
    base: tuple[int, int]
    cofactor_bits: int
    size: int
    """Octets of an encoded point."""

    challenge: Callable[[bytes], bytes]


_P25519 = 2**255 - 19
_P448 = 2**448 - 2**224 - 1


def _challenge_25519(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def _challenge_448(data: bytes) -> bytes:
    # dom4 with the flag 0 and an empty context (RFC 8032, section 2).
    return hashlib.shake_256(b"SigEd448\0\0" + data).digest(114)


_ED25519 = _Edwards(
    p=_P25519,
    a=-1,
    d=-121665 * pow(121666, -1, _P25519) % _P25519,
    n=2**252 + 27742317777372353535851937790883648493,
    base=(
        15112221349535400772501151409588531511454012693041857206046113283949847762202,
        46316835694926478169428394003475163141307993866256225615783033603165251855960,
    ),
    cofactor_bits=3,
    size=32,
    challenge=_challenge_25519,
)
_ED448 = _Edwards(
    p=_P448,
    a=1,
    d=_P448 - 39081,
    n=2**446 - 13818066809895115352007386748515426880336692474882178609894547503885,
    base=(
        int(
            "224580040295924300187604334099896036246789641632564134246125461686950415467406032909029192869357953"
            "282578032075146446173674602635247710"
        ),
        int(
            "298819210078481492676017930443930673437544040154080242095928241372331506189835876003536878655418784"
            "733982303233503462500531545062832660"
        ),
    ),
    cofactor_bits=2,
    size=57,
    challenge=_challenge_448,
)


def ed25519(signature: bytes, data: bytes, octets: bytes) -> bool:
    """Whether the key `octets` made `signature` over `data`.

    Raises:
        KeyUnusableError: see `sound_ed25519`.
    """
    return _verified(_ED25519, signature, data, octets)


def ed448(signature: bytes, data: bytes, octets: bytes) -> bool:
    """Whether the key `octets` made `signature` over `data`, with an empty context.

    Raises:
        KeyUnusableError: see `sound_ed448`.
    """
    return _verified(_ED448, signature, data, octets)


def sound_ed25519(octets: bytes) -> None:
    """Refuses what is no point, not in its one encoding, or of small order: such keys sign everything.

    Raises:
        KeyUnusableError: for each of these.
    """
    _key(_ED25519, octets)


def sound_ed448(octets: bytes) -> None:
    """See `sound_ed25519`.

    Raises:
        KeyUnusableError: see there.
    """
    _key(_ED448, octets)


def _key(curve: _Edwards, octets: bytes) -> tuple[int, int]:
    found = _point(curve, octets)
    if found is None:
        raise KeyUnusableError("octets that are no point of the curve")
    x, y = found
    multiple: _Projective = (x, y, 1)
    for _ in range(curve.cofactor_bits):
        multiple = _add(curve, multiple, multiple)
    if multiple[0] % curve.p == 0:
        raise KeyUnusableError("a point of small order")
    return found


@lru_cache(maxsize=1024)
def _point(curve: _Edwards, octets: bytes) -> tuple[int, int] | None:
    """RFC 8032, 5.1.3 and 5.2.3."""
    if len(octets) != curve.size:
        return None
    p = curve.p
    sign = octets[-1] >> 7
    y = int.from_bytes(octets[:-1] + bytes((octets[-1] & 0x7F,)), "little")
    if y >= p:
        return None
    # x² = (y² - 1) / (dy² - a)
    square = (y * y - 1) * pow(curve.d * y * y - curve.a, -1, p) % p
    x = _root(square, p)
    if x is None or (x == 0 and sign):
        return None
    return (p - x if x & 1 != sign else x), y


def _root(square: int, p: int) -> int | None:
    if p % 4 == 3:  # noqa: PLR2004 - the simple case
        root = pow(square, (p + 1) // 4, p)
    else:
        root = pow(square, (p + 3) // 8, p)
        if (root * root - square) % p:
            root = root * pow(2, (p - 1) // 4, p) % p
    return root if (root * root - square) % p == 0 else None


def _verified(curve: _Edwards, signature: bytes, data: bytes, octets: bytes) -> bool:
    key = _key(curve, octets)
    if len(signature) != 2 * curve.size:
        return False
    commitment, scalar = signature[: curve.size], int.from_bytes(signature[curve.size :], "little")
    if scalar >= curve.n:
        return False
    challenge = int.from_bytes(curve.challenge(commitment + octets + data), "little") % curve.n
    # S·B - k·A must be the R that was signed with, in its one encoding.
    minus = (curve.p - key[0]) % curve.p, key[1]
    return _encoded(curve, _sum_of_multiples(curve, scalar, challenge, minus)) == commitment


def _encoded(curve: _Edwards, one: _Projective) -> bytes:
    z = pow(one[2], -1, curve.p)
    x, y = one[0] * z % curve.p, one[1] * z % curve.p
    found = bytearray(y.to_bytes(curve.size, "little"))
    found[-1] |= (x & 1) << 7
    return bytes(found)


def _sum_of_multiples(curve: _Edwards, u: int, v: int, q: tuple[int, int]) -> _Projective:
    base: _Projective = (*curve.base, 1)
    key: _Projective = (*q, 1)
    steps = ((0, 1, 1), base, key, _add(curve, base, key))
    found: _Projective = (0, 1, 1)
    for bit in range(max(u.bit_length(), v.bit_length()) - 1, -1, -1):
        found = _add(curve, found, found)
        which = u >> bit & 1 | (v >> bit & 1) << 1
        if which:
            found = _add(curve, found, steps[which])
    return found


def _add(curve: _Edwards, one: _Projective, other: _Projective) -> _Projective:
    """The complete addition law in projective coordinates, for doubling as well."""
    p = curve.p
    x1, y1, z1 = one
    x2, y2, z2 = other
    a = z1 * z2 % p
    b = a * a % p
    c, d = x1 * x2 % p, y1 * y2 % p
    e = curve.d * c * d % p
    f, g = b - e, b + e
    x3 = a * f * ((x1 + y1) * (x2 + y2) - c - d) % p
    return x3, a * g * (d - curve.a * c) % p, f * g % p

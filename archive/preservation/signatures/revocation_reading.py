"""Reads what may be a revocation list or an OCSP answer, and keeps what was read; standard library only."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from archive.preservation.signatures.asn1 import SEQUENCE, Asn1Error, first, whole
from archive.preservation.signatures.crl_reading import RevocationList, read_list
from archive.preservation.signatures.ocsp_reading import OcspAnswer, OcspRefusedError, read_response

MAX_ANSWER_BYTES = 64 << 20
"""Largest list or answer that is read: more than 1,500,000 entries."""

MAX_KEPT_BYTES = 64 << 20
"""How much is kept read; a table of serial numbers takes up to four times as much as its list."""


class RevocationUnreadableError(ValueError):
    """The bytes are neither a revocation list nor an OCSP answer that says something."""


class _Kept:
    """What was read, by digest; the longest unused goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[int, RevocationList | OcspAnswer | RevocationUnreadableError]] = (
            OrderedDict()
        )
        self._bytes = 0

    def get(self, key: str) -> RevocationList | OcspAnswer | RevocationUnreadableError | None:
        with self._lock:
            found = self._found.get(key)
            if found is None:
                return None
            self._found.move_to_end(key)
            return found[1]

    def put(self, key: str, size: int, value: RevocationList | OcspAnswer | RevocationUnreadableError) -> None:
        with self._lock:
            if key not in self._found:
                self._found[key] = size, value
                self._bytes += size
            while self._bytes > MAX_KEPT_BYTES and len(self._found) > 1:
                _, (gone, _) = self._found.popitem(last=False)
                self._bytes -= gone

    def clear(self) -> None:
        with self._lock:
            self._found.clear()
            self._bytes = 0


_KEPT = _Kept()


def read_revocation(der: bytes) -> RevocationList | OcspAnswer:
    """The list or the answer in `der`, from a cache by digest where possible.

    Raises:
        RevocationUnreadableError: it is neither, is larger than 64 MiB, or is a responder's refusal.
    """
    if len(der) > MAX_ANSWER_BYTES:
        raise RevocationUnreadableError("a list or an answer of more than 64 MiB")
    key = hashlib.sha256(der).hexdigest()
    found = _KEPT.get(key)
    if found is None:
        try:
            found = read_response(der) if _is_response(der) else read_list(der)
        except (Asn1Error, OcspRefusedError) as error:
            found = RevocationUnreadableError(str(error))
        # Small objects cost more than their bytes.
        _KEPT.put(key, len(der) + 4096, found)
    if isinstance(found, RevocationUnreadableError):
        raise RevocationUnreadableError(str(found))
    return found


def _is_response(der: bytes) -> bool:
    """A list begins with a SEQUENCE whose first member is a number or the algorithm; a response with neither."""
    inner = first(der, whole(der, SEQUENCE)[2])
    return inner[0] != SEQUENCE or inner[2] == inner[3] or der[inner[2]] in (0xA0, 0xA1, 0xA2)


def forget() -> None:
    """Empties the cache: for measurements and tests."""
    _KEPT.clear()

"""Evidence objects: certificates, revocation data, time-stamps, trust sets, policies, facts; each once per holding."""

from __future__ import annotations

import hashlib
import io

from metadata.digests import digests_of
from storage.errors import ObjectExistsError, ObjectMissingError, RecordUnreadableError
from storage.layout import evidence_object_key
from storage.ports import ObjectStore

MAX_OBJECT_BYTES = 64 << 20
"""No CRL or set is larger; what is, was put there by somebody else."""


class EvidenceObjects:
    """The objects under `evidence/objects/` of one location, named by the SHA-256 of their bytes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, data: bytes) -> str:
        """Keep `data`; its SHA-256. The same bytes again are a no-op.

        Raises:
            StorageFaultError: the store failed; repeating is safe.
        """
        name = hashlib.sha256(data).hexdigest()
        key = evidence_object_key(name)
        try:
            self._store.put(key, io.BytesIO(data), expected=digests_of([data]))
        except ObjectExistsError:
            self.get(name)
        return name

    def get(self, sha256: str) -> bytes:
        """The object with this digest.

        Raises:
            ObjectMissingError: it is not here.
            RecordUnreadableError: its bytes are not what its name says.
        """
        key = evidence_object_key(sha256)
        with self._store.open(key) as stream:
            data = stream.read(MAX_OBJECT_BYTES + 1)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise RecordUnreadableError(key, "the digest differs from the name")
        return data

    def has(self, sha256: str) -> bool:
        """Whether the object is here; its bytes are not read."""
        try:
            self._store.info(evidence_object_key(sha256))
        except ObjectMissingError:
            return False
        return True

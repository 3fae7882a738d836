"""Objects in one bucket of an S3 service. The only home of boto3.

Every request that carries bytes carries their SHA-256, for a service may accept
a body that differs from its signed digest (seen). Writing once is the service's
own condition (If-None-Match), never "look, then put".
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from metadata.digests import CHUNK_BYTES, Digester, Digests, chunks_of, digests_of
from storage.errors import (
    ObjectCorruptedError,
    ObjectExistsError,
    ObjectMissingError,
    PreconditionFailedError,
    StorageFaultError,
)
from storage.keys import safe_key, safe_prefix
from storage.ports import ObjectInfo
from storage.settings import S3Settings
from storage.streams import range_of

PART_BYTES = 8 << 20
"""Larger objects go up in parts of this size, one in memory at a time."""

_MOST_PARTS = 10_000
_READY_KEY = "ready"
_READY = b"The archive looks here whether it may write.\n"
_CONFLICTS = 8
"""How often a write is repeated that the service refused because of another one under way (409)."""

_READS = 3
"""How often reading is taken up again after the connection broke."""

_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_REFUSED = frozenset({"PreconditionFailed", "412"})
_UNDER_WAY = frozenset({"ConditionalRequestConflict", "OperationAborted", "409"})


class _UnderWayError(StorageFaultError):
    """Another conditional write of the same key is under way; never leaves this module but as a fault."""


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _faults(key: str) -> Iterator[None]:
    """Turn what botocore raises into storage's words; no secret and no address goes into the text."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _MISSING:
            raise ObjectMissingError(key) from None
        if code in _REFUSED:
            raise PreconditionFailedError(key) from None
        if code in _UNDER_WAY:
            raise _UnderWayError(key, code) from None
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        raise StorageFaultError(key, f"{error.operation_name} was answered {status} {code}") from error
    except (BotoCoreError, OSError) as error:
        raise StorageFaultError(key, type(error).__name__) from error


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


class _ObjectSource:
    """The bytes of one object; a broken connection is taken up where it broke, on the same bytes or not at all."""

    def __init__(self, get: Callable[..., Any], key: str, offset: int, length: int | None) -> None:
        self._get = get
        self._key = key
        self._last = "" if length is None else str(offset + length - 1)
        answer = self._ask(offset)
        self._etag = answer["ETag"]
        self._body = answer["Body"]
        self._position = offset
        self._end = offset + answer["ContentLength"]

    def read_at(self, position: int, size: int) -> bytes:
        """See `Source.read_at`; the stream reads on from where it is."""
        if position >= self._end:
            return b""
        for _ in range(_READS - 1):
            with suppress(StorageFaultError):
                return self._read(position, size)
            self._take_up(position)
        return self._read(position, size)

    def close(self) -> None:
        """See `Source.close`."""
        self._body.close()

    def _ask(self, position: int, **condition: str) -> Any:  # noqa: ANN401 - boto3's answer
        whole = position == 0 and not self._last
        with _faults(self._key):
            return self._get(**condition) if whole else self._get(Range=f"bytes={position}-{self._last}", **condition)

    def _take_up(self, position: int) -> None:
        self._body.close()
        try:
            self._body = self._ask(position, IfMatch=self._etag)["Body"]
        except (ObjectMissingError, PreconditionFailedError):
            raise StorageFaultError(self._key, "it was replaced while it was read") from None

    def _read(self, position: int, size: int) -> bytes:
        with _faults(self._key):
            chunk = bytes(self._body.read(min(size, self._end - position)))
        if not chunk:
            raise StorageFaultError(self._key, "the answer ended early")
        return chunk


class S3Store:
    """See `ObjectStore`. Safe to share between threads; opens its connections when first used."""

    def __init__(self, settings: S3Settings) -> None:
        self._bucket = settings.bucket
        secret = None if settings.secret_key is None else settings.secret_key.get_secret_value()
        self._client = boto3.client(
            "s3",
            endpoint_url=settings.endpoint,
            region_name=settings.region,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=secret,
            config=Config(
                connect_timeout=settings.connect_timeout.total_seconds(),
                read_timeout=settings.read_timeout.total_seconds(),
                retries={"mode": "standard", "total_max_attempts": settings.attempts},
                max_pool_connections=32,
                tcp_keepalive=True,
                s3={"addressing_style": "path"},
                # Every digest is our own; the library's would only be a second one.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @property
    def location(self) -> str:
        """See `ObjectStore.location`."""
        return f"s3:{self._bucket}"

    def put(self, key: str, data: BinaryIO, *, expected: Digests) -> None:
        """See `ObjectStore.put`. At most 80 GiB in parts of 8 MiB, larger ones in larger parts."""
        safe_key(key)
        act = self._put_whole if expected.size_bytes <= PART_BYTES else self._put_parts
        try:
            act(key, data, expected)
        except PreconditionFailedError:
            if self._digests(key) != expected:
                raise ObjectExistsError(key) from None
            return
        found = self._digests(key)
        if found != expected:
            raise ObjectCorruptedError(key, expected=expected, actual=found)

    def replace(self, key: str, data: bytes, *, etag: str | None) -> str:
        """See `ObjectStore.replace`."""
        safe_key(key)
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        checksum = _base64(digests_of([data]).sha256)
        put = partial(self._client.put_object, Bucket=self._bucket, Key=key, Body=data, ChecksumSHA256=checksum)
        try:
            new = str(self._unhindered(key, lambda: put(**condition))["ETag"])
        except (PreconditionFailedError, ObjectMissingError):
            current, found = self._read_head(key)
            if found != data or current is None:
                raise PreconditionFailedError(key) from None
            return current
        current, found = self._read_head(key)
        if current == new and found != data:
            raise ObjectCorruptedError(key, expected=digests_of([data]), actual=digests_of([found]))
        return new

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> AbstractContextManager[BinaryIO]:
        """See `ObjectStore.open`."""
        safe_key(key)
        if (offset or length is not None) and (length == 0 or offset >= self.info(key).size_bytes):
            return range_of(_Nothing(), offset=offset, length=length)
        get = partial(self._client.get_object, Bucket=self._bucket, Key=key)
        return range_of(_ObjectSource(get, key, offset, length), offset=offset, length=length)

    def info(self, key: str) -> ObjectInfo:
        """See `ObjectStore.info`."""
        safe_key(key)
        try:
            with _faults(key):
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
        except ObjectMissingError:
            # A HEAD does not say what is missing; a lost bucket must not read as "no such package".
            self._ask_for_bucket(key)
            raise
        return ObjectInfo(key, answer["ContentLength"], answer["ETag"])

    def keys(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore.keys`. A thousand a request."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=safe_prefix(prefix))
        with _faults(prefix):
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield ObjectInfo(entry["Key"], entry["Size"], entry["ETag"])

    def discard(self, key: str) -> None:
        """See `ObjectStore.discard`. In a bucket with versions the bytes stay as an older version."""
        safe_key(key)
        with suppress(ObjectMissingError), _faults(key):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def ready(self) -> None:
        """See `ObjectStore.ready`. Proves too that the service keeps its condition: nothing is write-once else."""
        expected = digests_of([_READY])
        for refused in (False, True):
            try:
                self._put_bytes(_READY_KEY, _READY, expected)
            except PreconditionFailedError:
                return
            if refused:
                raise StorageFaultError(_READY_KEY, "the service overwrites in spite of If-None-Match")

    def _ask_for_bucket(self, key: str) -> None:
        try:
            with _faults(key):
                self._client.head_bucket(Bucket=self._bucket)
        except ObjectMissingError:
            raise StorageFaultError(key, f"there is no bucket {self._bucket!r}") from None

    # ------------------------------------------------------------ writing

    def _unhindered(self, key: str, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - boto3's answer
        """Do `act` again while another conditional write of the same key is under way."""
        for attempt in range(_CONFLICTS):
            try:
                with _faults(key):
                    return act()
            except _UnderWayError:
                time.sleep(0.05 * 2**attempt)
        raise StorageFaultError(key, "other writers keep on writing it")

    def _put_bytes(self, key: str, body: bytes, expected: Digests) -> None:
        put = partial(self._client.put_object, Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
        self._unhindered(key, lambda: put(ChecksumSHA256=_base64(expected.sha256)))

    def _put_whole(self, key: str, data: BinaryIO, expected: Digests) -> None:
        body = b"".join(_taken(data, expected.size_bytes + 1))
        came_in = digests_of([body])
        if came_in != expected:
            raise ObjectCorruptedError(key, expected=expected, actual=came_in)
        self._put_bytes(key, body, expected)

    def _put_parts(self, key: str, data: BinaryIO, expected: Digests) -> None:
        with _faults(key):
            upload = self._client.create_multipart_upload(Bucket=self._bucket, Key=key, ChecksumAlgorithm="SHA256")[
                "UploadId"
            ]
        try:
            parts = self._upload_parts(key, upload, data, expected)
            complete = partial(
                self._client.complete_multipart_upload, Bucket=self._bucket, Key=key, UploadId=upload, IfNoneMatch="*"
            )
            self._unhindered(key, lambda: complete(MultipartUpload={"Parts": parts}))
        except BaseException:
            self._abort(key, upload)
            raise
        self._sweep_uploads(key)

    def _upload_parts(self, key: str, upload: str, data: BinaryIO, expected: Digests) -> list[Any]:
        size = max(PART_BYTES, -(-expected.size_bytes // _MOST_PARTS))
        digester = Digester()
        parts: list[Any] = []
        while body := b"".join(_taken(data, size)):
            digester.update(body)
            if digester.digests().size_bytes > expected.size_bytes:
                break
            checksum = _base64(digests_of([body]).sha256)
            with _faults(key):
                answer = self._client.upload_part(
                    Bucket=self._bucket,
                    Key=key,
                    UploadId=upload,
                    PartNumber=len(parts) + 1,
                    Body=body,
                    ChecksumSHA256=checksum,
                )
            parts.append({"PartNumber": len(parts) + 1, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
        if digester.digests() != expected:
            raise ObjectCorruptedError(key, expected=expected, actual=digester.digests())
        return parts

    def _abort(self, key: str, upload: str) -> None:
        # The fault that led here is what the caller must hear of, not that of the clean-up.
        with suppress(ClientError, BotoCoreError, OSError):
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload)

    def _sweep_uploads(self, key: str) -> None:
        """End uploads that died earlier: the key is taken for ever, so none of them can succeed any more."""
        with suppress(ClientError, BotoCoreError, OSError):
            for found in self._client.list_multipart_uploads(Bucket=self._bucket, Prefix=key).get("Uploads", ()):
                if found["Key"] == key:
                    self._abort(key, found["UploadId"])

    # ------------------------------------------------------------ reading back

    def _digests(self, key: str) -> Digests:
        with self.open(key) as stream:
            return digests_of(chunks_of(stream))

    def _read_head(self, key: str) -> tuple[str | None, bytes]:
        """Etag and bytes as one answer gives them; None when there is nothing."""
        try:
            with _faults(key):
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
                return answer["ETag"], answer["Body"].read()
        except ObjectMissingError:
            return None, b""


class _Nothing:
    """An empty range."""

    def read_at(self, _position: int, _size: int) -> bytes:
        """See `Source.read_at`."""
        return b""

    def close(self) -> None:
        """See `Source.close`."""


def _taken(data: BinaryIO, most: int) -> Iterator[bytes]:
    """Pieces of `data`, together at most `most` bytes."""
    while most > 0 and (chunk := data.read(min(most, CHUNK_BYTES))):
        most -= len(chunk)
        yield chunk

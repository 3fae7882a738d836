"""The S3 backend against a real server that is throttled, cut off, silent, or refuses us."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from mypy_boto3_s3 import S3Client
from pydantic import SecretStr

from metadata.digests import digests_of
from storage.backends.s3 import PART_BYTES, S3Store
from storage.errors import ObjectCorruptedError, ObjectExistsError, PreconditionFailedError, StorageFaultError
from storage.settings import S3Settings
from tests.faults.gateway import Gateway, gateway_to

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("seaweedfs")]


@pytest.fixture
def settings(s3_settings: S3Settings) -> S3Settings:
    return s3_settings


@pytest.fixture
def gateway(settings: S3Settings) -> Iterator[Gateway]:
    with gateway_to(settings.endpoint) as made:
        yield made


@pytest.fixture
def store(settings: S3Settings, gateway: Gateway) -> S3Store:
    return through(settings, gateway)


def through(settings: S3Settings, gateway: Gateway, *, attempts: int = 6) -> S3Store:
    return S3Store(
        settings.model_copy(
            update={"endpoint": gateway.endpoint, "read_timeout": timedelta(seconds=2), "attempts": attempts}
        )
    )


def put(store: S3Store, key: str, data: bytes) -> None:
    store.put(key, io.BytesIO(data), expected=digests_of([data]))


def get(store: S3Store, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def test_a_throttled_service_is_asked_again(store: S3Store, gateway: Gateway) -> None:
    gateway.plan = [("PUT", "throttle"), ("GET", "throttle")]
    put(store, "a", b"data")
    assert [fault for _, _, fault in gateway.requests] == ["throttle", "", "throttle", ""]


def test_a_service_that_throttles_for_ever_is_a_fault(settings: S3Settings, gateway: Gateway) -> None:
    gateway.plan = [("PUT", "throttle")] * 9
    with pytest.raises(StorageFaultError, match="503 SlowDown"):
        put(through(settings, gateway, attempts=2), "a", b"data")


@pytest.mark.rule("STO-003")
def test_a_lost_answer_to_our_own_write_is_no_other_writer(store: S3Store, gateway: Gateway) -> None:
    """The write had its effect, its repetition is refused: the bytes are ours, so all is well."""
    gateway.plan = [("PUT", "lose")]
    put(store, "a", b"data")
    gateway.plan = [("PUT", "lose")]
    etag = store.replace("head", b"1", etag=None)
    gateway.plan = [("PUT", "lose")]
    second = store.replace("head", b"2", etag=etag)
    assert store.info("head").etag == second
    assert [fault for *_, fault in gateway.requests].count("lose") == 3
    with pytest.raises(ObjectExistsError):
        put(store, "a", b"other")
    with pytest.raises(PreconditionFailedError):
        store.replace("head", b"3", etag=etag)


def test_a_connection_that_breaks_while_reading_is_taken_up_where_it_broke(store: S3Store, gateway: Gateway) -> None:
    data = os.urandom(3 << 20)
    put(store, "a", data)
    gateway.requests.clear()
    gateway.plan = [("GET", "cut"), ("GET", "cut")]
    assert get(store, "a") == data
    assert [fault for *_, fault in gateway.requests] == ["cut", "cut", ""]


def test_a_head_replaced_while_it_is_read_is_never_a_mixture(store: S3Store, gateway: Gateway) -> None:
    first, second = b"1" * (3 << 20), b"2" * (3 << 20)
    etag = store.replace("head", first, etag=None)
    gateway.plan = [("GET", "cut")]
    with store.open("head") as stream:
        assert stream.read(1000) == first[:1000]
        store.replace("head", second, etag=etag)
        with pytest.raises(StorageFaultError, match="replaced while it was read"):
            stream.read()


def test_a_silent_service_is_a_fault_in_the_end_and_works_again_afterwards(
    settings: S3Settings, gateway: Gateway
) -> None:
    store = through(settings, gateway, attempts=1)
    gateway.plan = [("PUT", "hang")]
    with pytest.raises(StorageFaultError, match="ReadTimeoutError"):
        put(store, "a", b"data")
    again = S3Store(settings)
    put(again, "a", b"data")
    assert get(again, "a") == b"data"


def test_an_interrupted_large_upload_leaves_nothing_and_succeeds_later(
    settings: S3Settings, gateway: Gateway, s3_client: S3Client
) -> None:
    store = through(settings, gateway, attempts=1)
    data = os.urandom(2 * PART_BYTES + 5)
    dead = s3_client.create_multipart_upload(Bucket=settings.bucket, Key="large")["UploadId"]
    gateway.plan = [("PUT", "throttle")]
    with pytest.raises(StorageFaultError):
        put(store, "large", data)
    assert "Contents" not in s3_client.list_objects_v2(Bucket=settings.bucket)
    again = S3Store(settings)
    put(again, "large", data)
    assert get(again, "large") == data
    uploads = s3_client.list_multipart_uploads(Bucket=settings.bucket).get("Uploads", [])
    assert dead not in [upload["UploadId"] for upload in uploads]
    assert uploads == []


@pytest.mark.rule("STO-007")
@pytest.mark.parametrize("size", [4, PART_BYTES + 1])
def test_bytes_that_come_back_otherwise_are_not_acknowledged(store: S3Store, gateway: Gateway, size: int) -> None:
    gateway.plan = [("GET", "flip")]
    with pytest.raises(ObjectCorruptedError):
        put(store, "a", bytes(size))
    gateway.plan = [("GET", "flip")]
    with pytest.raises(ObjectCorruptedError):
        store.replace("head", b"1", etag=None)
    gateway.plan = []
    put(store, "a", bytes(size))


def test_every_write_carries_its_sha_256(settings: S3Settings, s3_client: S3Client) -> None:
    store = S3Store(settings)
    put(store, "small", b"data")
    put(store, "large", os.urandom(PART_BYTES + 1))
    store.replace("head", b"1", etag=None)
    for key in ("small", "large", "head"):
        answer = s3_client.head_object(Bucket=settings.bucket, Key=key, ChecksumMode="ENABLED")
        assert answer.get("ChecksumSHA256"), key


@pytest.mark.parametrize("part", ["secret_key", "bucket", "endpoint"])
def test_a_store_that_refuses_us_is_a_fault_that_tells_no_secret(settings: S3Settings, part: str) -> None:
    wrong = {"secret_key": SecretStr("wrong-secret"), "bucket": "no-such-bucket", "endpoint": "http://127.0.0.1:9"}
    store = S3Store(settings.model_copy(update={part: wrong[part], "attempts": 1}))
    for act in (store.ready, lambda: put(store, "a", b"data"), lambda: list(store.keys("")), lambda: store.info("a")):
        with pytest.raises(StorageFaultError) as caught:
            act()
        assert "secret" not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)


def test_a_service_without_conditions_is_never_ready(settings: S3Settings) -> None:
    """Some gateways ignore If-None-Match: with them nothing would be write-once."""

    class Careless(S3Store):
        def _put_bytes(self, key: str, body: bytes, expected: object) -> None:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    with pytest.raises(StorageFaultError, match="in spite of"):
        Careless(settings).ready()

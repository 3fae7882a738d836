"""What every object store promises. `test_object_stores.py` runs it on each backend."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from metadata.digests import digests_of
from storage.errors import (
    ObjectCorruptedError,
    ObjectExistsError,
    ObjectMissingError,
    PreconditionFailedError,
    StorageError,
    UnsafeKeyError,
)
from storage.ports import ObjectStore

UNSAFE = [
    "", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\x00b", "a\nb", "a\\b",
    "e\u0302\u0323", "\ud800", ".unfinished/x", "x" * 256, "a/" * 600 + "b",
]  # fmt: skip


def put(store: ObjectStore, key: str, data: bytes) -> None:
    store.put(key, io.BytesIO(data), expected=digests_of([data]))


def get(store: ObjectStore, key: str, *, offset: int = 0, length: int | None = None) -> bytes:
    with store.open(key, offset=offset, length=length) as stream:
        return stream.read()


class ObjectStoreContract:
    """Subclasses give the fixture `store`: an empty store."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        raise NotImplementedError

    @pytest.mark.parametrize("size", [0, 1, 100_000])
    def test_what_was_put_is_what_comes_back(self, store: ObjectStore, size: int) -> None:
        data = os.urandom(size)
        put(store, "thư mục/Quyết định số 12.pdf", data)
        assert get(store, "thư mục/Quyết định số 12.pdf") == data
        assert store.info("thư mục/Quyết định số 12.pdf").size_bytes == size

    def test_a_large_object_comes_back_whole_and_in_ranges(self, store: ObjectStore) -> None:
        data = os.urandom(19 << 20)
        put(store, "large", data)
        assert get(store, "large") == data
        assert get(store, "large", offset=(8 << 20) - 5, length=10) == data[(8 << 20) - 5 :][:10]

    @pytest.mark.parametrize(
        ("offset", "length"),
        [(0, 3), (2, None), (2, 3), (9, 5), (10, None), (25, 3), (0, 0), (3, 0), (0, 99)],
    )
    def test_a_range_is_what_slicing_gives(self, store: ObjectStore, offset: int, length: int | None) -> None:
        put(store, "a", b"0123456789")
        end = None if length is None else offset + length
        assert get(store, "a", offset=offset, length=length) == b"0123456789"[offset:end]

    def test_a_range_of_nothing_is_nothing(self, store: ObjectStore) -> None:
        put(store, "empty", b"")
        assert get(store, "empty", offset=0, length=5) == b""
        assert get(store, "empty", offset=3) == b""

    def test_no_range_begins_before_the_object(self, store: ObjectStore) -> None:
        put(store, "a", b"0123456789")
        with pytest.raises(ValueError, match="no range"):
            store.open("a", offset=-1)

    @pytest.mark.rule("STO-003")
    def test_other_bytes_never_replace_what_was_put(self, store: ObjectStore) -> None:
        put(store, "a", b"first")
        for other in (b"other", b"longer than the first", b""):
            with pytest.raises(ObjectExistsError) as caught:
                put(store, "a", other)
            assert (caught.value.code, caught.value.key) == ("storage.exists", "a")
        assert get(store, "a") == b"first"

    def test_the_same_bytes_again_are_a_no_op(self, store: ObjectStore) -> None:
        put(store, "a", b"first")
        before = store.info("a")
        put(store, "a", b"first")
        assert store.info("a") == before

    def test_a_large_object_is_written_once_too(self, store: ObjectStore) -> None:
        data, other = os.urandom(9 << 20), os.urandom(9 << 20)
        put(store, "large", data)
        put(store, "large", data)
        with pytest.raises(ObjectExistsError):
            put(store, "large", other)
        assert get(store, "large") == data

    @pytest.mark.rule("STO-002")
    @pytest.mark.parametrize("size", [10, 9 << 20])
    @pytest.mark.parametrize("defect", ["changed", "cut", "longer"])
    def test_bytes_that_are_not_the_expected_ones_are_not_stored(
        self, store: ObjectStore, size: int, defect: str
    ) -> None:
        data = os.urandom(size)
        came = {"changed": bytes([data[0] ^ 1]) + data[1:], "cut": data[:-1], "longer": data + b"x"}[defect]
        with pytest.raises(ObjectCorruptedError) as caught:
            store.put("a", io.BytesIO(came), expected=digests_of([data]))
        assert caught.value.expected == digests_of([data])
        assert caught.value.actual != caught.value.expected
        with pytest.raises(ObjectMissingError):
            store.info("a")
        assert list(store.keys("")) == []

    def test_what_is_not_there_is_missing(self, store: ObjectStore) -> None:
        put(store, "a/b", b"x")
        for key in ("nothing", "a", "a/b/c"):
            with pytest.raises(ObjectMissingError):
                store.info(key)
            with pytest.raises(ObjectMissingError):
                get(store, key)
            with pytest.raises(ObjectMissingError):
                get(store, key, offset=2, length=3)

    @pytest.mark.rule("STO-001")
    @pytest.mark.parametrize("key", UNSAFE, ids=lambda key: ascii(key[:16]))
    def test_an_unsafe_key_reaches_nothing(self, store: ObjectStore, key: str) -> None:
        for act in (
            lambda: put(store, key, b"x"),
            lambda: store.replace(key, b"x", etag=None),
            lambda: get(store, key),
            lambda: store.info(key),
            lambda: store.discard(key),
        ):
            with pytest.raises(UnsafeKeyError):
                act()
        assert list(store.keys("")) == []

    def test_a_head_is_replaced_only_by_who_knows_it(self, store: ObjectStore) -> None:
        first = store.replace("head", b"1", etag=None)
        assert store.info("head").etag == first
        second = store.replace("head", b"2", etag=first)
        assert second != first
        assert store.info("head").etag == second
        for stale in (None, first):
            with pytest.raises(PreconditionFailedError):
                store.replace("head", b"3", etag=stale)
        assert get(store, "head") == b"2"

    def test_a_head_that_is_not_there_has_no_etag(self, store: ObjectStore) -> None:
        etag = store.replace("head", b"1", etag=None)
        with pytest.raises(PreconditionFailedError):
            store.replace("other", b"1", etag=etag)
        with pytest.raises(ObjectMissingError):
            store.info("other")

    def test_a_head_that_holds_these_bytes_already_counts_as_written(self, store: ObjectStore) -> None:
        etag = store.replace("head", b"1", etag=None)
        second = store.replace("head", b"2", etag=etag)
        assert store.replace("head", b"2", etag=etag) == second
        assert store.replace("head", b"2", etag=None) == second

    def test_each_change_of_a_head_has_its_own_etag(self, store: ObjectStore) -> None:
        etags = [store.replace("head", b"0", etag=None)]
        etags.extend(store.replace("head", str(n).encode(), etag=etags[n - 1]) for n in range(1, 8))
        assert len(set(etags)) == len(etags)

    def test_of_racing_first_writers_exactly_one_wins(self, store: ObjectStore) -> None:
        def write(number: int) -> bool:
            try:
                put(store, "a", str(number).encode())
            except ObjectExistsError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(write, range(8)))
        assert won.count(True) == 1
        assert get(store, "a") == str(won.index(True)).encode()

    def test_of_racing_replacers_exactly_one_wins(self, store: ObjectStore) -> None:
        for start in (None, store.replace("b", b"start", etag=None)):
            key = "a" if start is None else "b"

            def write(number: int, key: str = key, etag: str | None = start) -> bool:
                try:
                    store.replace(key, str(number).encode(), etag=etag)
                except PreconditionFailedError:
                    return False
                return True

            with ThreadPoolExecutor(8) as pool:
                won = list(pool.map(write, range(8)))
            assert won.count(True) == 1
            assert get(store, key) == str(won.index(True)).encode()

    def test_equal_racers_all_succeed(self, store: ObjectStore) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: put(store, "a", b"same"), range(8)))
        assert get(store, "a") == b"same"

    def test_keys_with_the_prefix_come_once_each_and_in_order_within_a_folder(self, store: ObjectStore) -> None:
        names = ["a/b", "a-b", "a.b", "a/b-c/d", "a/b c", "ab", "a/ữ", "b", "a/b0", "á"]
        for name in names:
            put(store, f"x/{name}", name.encode())
        put(store, "xa", b"")
        found = list(store.keys("x/"))
        assert sorted(info.key for info in found) == sorted(f"x/{name}" for name in names)
        assert {info.key: info.size_bytes for info in found} == {f"x/{name}": len(name.encode()) for name in names}
        assert all(info == store.info(info.key) for info in found)
        for folder in ("x", "x/a"):
            of_folder = [info.key for info in found if info.key.rpartition("/")[0] == folder]
            assert of_folder == sorted(of_folder, key=str.encode)
        assert {info.key for info in store.keys("x/a/b")} == {"x/a/b", "x/a/b c", "x/a/b-c/d", "x/a/b0"}
        assert {info.key for info in store.keys("x/a")} >= {"x/a-b", "x/ab", "x/a/b"}
        assert list(store.keys("y")) == []

    @pytest.mark.rule("STO-001")
    @pytest.mark.parametrize("prefix", ["/", "../", "a/../", "a//", ".unfinished/"])
    def test_nothing_is_listed_outside_the_store(self, store: ObjectStore, prefix: str) -> None:
        with pytest.raises(UnsafeKeyError):
            list(store.keys(prefix))

    def test_what_was_discarded_is_gone_and_may_be_written_anew(self, store: ObjectStore) -> None:
        put(store, "a/b/c", b"left behind")
        put(store, "a/d", b"kept")
        store.discard("a/b/c")
        store.discard("a/b/c")
        assert [info.key for info in store.keys("")] == ["a/d"]
        put(store, "a/b/c", b"other")
        assert get(store, "a/b/c") == b"other"

    def test_a_ready_store_says_so_again_and_again(self, store: ObjectStore) -> None:
        store.ready()
        store.ready()
        put(store, "a", b"x")
        store.ready()
        assert get(store, "a") == b"x"

    def test_a_location_is_a_plain_name(self, store: ObjectStore) -> None:
        assert store.location.split(":")[0] in {"filesystem", "s3"}
        assert "//" not in store.location

    def test_every_error_has_a_code_of_storage(self, store: ObjectStore) -> None:
        with pytest.raises(StorageError) as caught:
            store.info("nothing")
        assert caught.value.code.startswith("storage.")

"""The contract of object stores on the file system and on a real S3 server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storage.backends.filesystem import FilesystemStore
from storage.backends.s3 import S3Store
from storage.ports import ObjectStore
from storage.settings import S3Settings
from tests.contract.object_store import ObjectStoreContract


class TestFilesystemStore(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return FilesystemStore(tmp_path / "storage")


@pytest.mark.server
@pytest.mark.xdist_group("seaweedfs")
class TestS3Store(ObjectStoreContract):
    @pytest.fixture
    def store(self, s3_bucket: Callable[[], S3Settings]) -> ObjectStore:
        return S3Store(s3_bucket())

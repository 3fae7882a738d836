"""Signatures that came with a package over its own inventory and metadata: which files carry them, and what they sign.

Neither TT 05/2025 nor E-ARK says where such a signature stands; what programs
and people do is recognised: a CMS beside the file that it signs, a signature in
METS itself, XML signatures in files of their own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from ingest.facts import ReceivedFile

MOST_BESIDE = 5_000
"""Files that one XML signature may lead to: as many as references that are followed."""

DETACHED = (".p7s", ".sig")
_METS = re.compile(r"mets(?:\.[^/]*)?\.xml", re.IGNORECASE)
_XML_SIGNATURE = re.compile(r"(?:.*\.(?:xades|xsig|xmlsig)|.*(?:signature|chu-?ky|\.sig)[^/]*\.xml)", re.IGNORECASE)
_FOLDERS = frozenset({"signatures", "signature", "chu-ky", "chuky"})


def may_sign_a_package(path: str, others: Mapping[str, ReceivedFile]) -> bool:
    """Whether a file that came with a package is its inventory, or a signature by its name and place.

    Args:
        path: As received.
        others: All files that came, by their paths.
    """
    name = PurePosixPath(path).name
    if is_detached(path):
        return _without_suffix(path) in others
    return _METS.fullmatch(name) is not None or is_xml_signature(path)


def is_detached(path: str) -> bool:
    """Whether the name says that it is a CMS over the file of the same name without its ending."""
    return path.lower().endswith(DETACHED)


def is_xml_signature(path: str) -> bool:
    """Whether the name or the folder says that an XML file is a signature."""
    place = PurePosixPath(path)
    folders = {part.lower() for part in place.parts[:-1]}
    in_folder = place.suffix.lower() == ".xml" and bool(folders & _FOLDERS)
    return in_folder or _XML_SIGNATURE.fullmatch(place.name) is not None


def signed_by(path: str, files: Mapping[str, ReceivedFile]) -> ReceivedFile | None:
    """The file that a detached signature lies beside; None: it does not."""
    return files.get(_without_suffix(path))


def addresses(path: str, files: Sequence[ReceivedFile]) -> Iterator[tuple[str, ReceivedFile]]:
    """What a signature at `path` may lead to: each file by its address from there and from the top of the package.

    Args:
        path: The signature, as received.
        files: All files that came; of more than `MOST_BESIDE` the first.
    """
    folder = posixpath.dirname(path)
    top = _top(file.path for file in files)
    for file in files[:MOST_BESIDE]:
        yield posixpath.relpath(file.path, folder or "."), file
    for file in files[:MOST_BESIDE]:
        yield posixpath.relpath(file.path, top or "."), file


def _top(paths: Iterable[str]) -> str:
    """The folder of the METS that lies highest: where the package begins."""
    found = [posixpath.dirname(path) for path in paths if _METS.fullmatch(posixpath.basename(path))]
    return min(found, key=lambda folder: (folder.count("/"), folder), default="")


def _without_suffix(path: str) -> str:
    return path.rpartition(".")[0]

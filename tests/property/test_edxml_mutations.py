"""Messages of every form, cut, changed and doubled at random: a delivery with findings comes of each, never a crash."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.readers.edxml.reader import EdxmlReader
from ingest.readers.folder import FolderReader
from metadata.rules import message as words
from tests.fakes.deliveries import findings_of
from tests.fakes.workers import InlineWorkers
from tests.generators.edxml import HABITS, Letter, identifier, message, status
from tests.generators.examples import examples

WHOLE = [message(Letter(), habit) for habit in HABITS.values()]
WHOLE += [status("13"), message(Letter(business="3", replaces=(identifier(Letter()),)))]
BITS = [
    b"<",
    b">",
    b"&",
    b'"',
    b"</edXML:Code>",
    b"<Attachment>",
    b"cid:",
    b"\x00",
    b"\xff",
    b"--",
    b"\r\n\r\n",
    b"<!DOCTYPE a>",
]

change = st.tuples(st.floats(0, 1), st.sampled_from(["cut", "put", "drop", "double"]), st.sampled_from(BITS))


def changed(data: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    for where, how, bit in changes:
        place = int(where * len(data))
        if how == "cut":
            data = data[:place]
        elif how == "put":
            data = data[:place] + bit + data[place:]
        elif how == "drop":
            data = data[:place] + data[place + len(bit) :]
        else:
            data = data[:place] + data[place : place + 200] + data[place:]
    return data


@settings(max_examples=examples(20))
@given(whole=st.sampled_from(WHOLE), changes=st.lists(change, min_size=1, max_size=4))
def test_every_changed_message_gives_a_delivery_and_files_only_below_its_root(
    whole: bytes, changes: list[tuple[float, str, bytes]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "goi"
        root.mkdir()
        (root / "1.edxml").write_bytes(changed(whole, changes))
        (root / "2.edxml").write_bytes(message(Letter(number="2")))
        workers = InlineWorkers()
        found = EdxmlReader(workers, FolderReader(workers)).read(root, Path(folder) / "room")
        assert any(dossier.value("title") for dossier in found.dossiers), "the sound one is read"
        assert all(words(finding, language) for finding in findings_of(found) for language in ("vi", "en"))
        base = Path(found.root).resolve()
        for dossier in found.dossiers:
            for path in (*dossier.sources, *(file for d in dossier.documents for file in d.files)):
                assert (base / path).resolve().is_relative_to(base)
                assert (base / path).is_file()

"""The bridge on hostile descriptions: nothing is lost without a word, nothing doubled, nothing raised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from metadata.bridge import BRIDGES
from metadata.bridge.conversion import convert
from metadata.bridge.notes import Cause
from metadata.codes import nfc
from metadata.descriptions import Cell, DocumentDescription, DossierDescription, RecordKind
from metadata.profiles import ALL_PROFILES, Section, profile

KEYS = sorted({key for id_ in ALL_PROFILES for section in Section for key in profile(id_).fields(section)})
hostile = st.text("=+@-;.,/0123456789 \u0301ĐđậấMật\n\t\x00", max_size=40)
words = st.sampled_from(
    ["Hạn chế", "Lâu dài", "05", "Vĩnh viễn", "2019-01", "không có", "Tiếng Anh, Tiếng Nga", "x" * 600]
)
values = st.one_of(hostile, words)
fields = st.dictionaries(st.sampled_from(KEYS), st.builds(lambda v, w: Cell(value=v, written=w), values, values))


@st.composite
def dossiers(draw: st.DrawFn) -> DossierDescription:
    documents = tuple(
        DocumentDescription(ordinal=n, kind=draw(st.sampled_from(RecordKind)), fields=draw(fields))
        for n in range(1, draw(st.integers(0, 3)) + 1)
    )
    return DossierDescription(file_code=draw(hostile), fields=draw(fields), documents=documents)


@given(dossiers(), st.sampled_from(sorted(BRIDGES)))
def test_counts_in_are_counts_out_and_every_word_is_somewhere(own: DossierDescription, ends: tuple[str, str]) -> None:
    found = convert(own, source=ends[0], target=ends[1])
    assert [d.ordinal for d in found.dossier.documents] == [d.ordinal for d in own.documents]
    assert found.dossier.file_code == own.file_code
    assert all(note.subject.startswith(own.file_code) for note in found.notes)
    for note in found.notes:
        assert note.message("vi")
        holder = found.dossier
        if note.ordinal is not None:
            holder_fields = next(d for d in found.dossier.documents if d.ordinal == note.ordinal).fields
        else:
            holder_fields = holder.fields
        if note.cause in {Cause.MOVED, Cause.NO_CODE, Cause.TEXT_TO_FLAG, Cause.UNKNOWN_WORD, Cause.FORMER_WORD}:
            assert nfc(note.written) in holder_fields["description"].value


@given(dossiers(), st.sampled_from(sorted(BRIDGES)))
def test_the_same_description_gives_the_same_answer(own: DossierDescription, ends: tuple[str, str]) -> None:
    first, second = (convert(own, source=ends[0], target=ends[1]) for _ in range(2))
    assert first == second

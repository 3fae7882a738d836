"""Verdicts given again from what was kept: the same to the byte, or what is no longer what it was."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.preservation.signatures.kept_verdicts import (
    DEFAULTS,
    KeptVerdicts,
    KeptVerdictsUnreadableError,
    canonical,
    certificates_of_set,
    differences,
)
from archive.preservation.signatures.replay_task import FileOriginal, RoomMaterial
from archive.preservation.signatures.replay_task import replay as task
from archive.preservation.signatures.replaying import KeptBytes, Replay, replay
from archive.preservation.signatures.signing import Signing, sign_bytes
from archive.preservation.trust.sets import TrustSnapshot
from metadata.package import FileVerdicts
from metadata.verdicts import SignatureVerdict
from tests.fixtures.pki import SIGNED, TODAY, Corpus
from tests.generators.proofs import ORIGINAL, SIGNED_FILES, judged, sha256

HOUR = timedelta(hours=1)
CMS = "representations/rep1/data/H49.001.p7m"
DETACHED = "representations/rep1/data/H49.001.p7s"
XML = Path(__file__).parents[2] / "corpus" / "xades"


@dataclass
class Kept:
    """Everything kept of one file, as a package and its evidence objects hold it."""

    data: bytes
    verdicts: FileVerdicts
    objects: dict[str, bytes]
    content: bytes | None = None
    path: Path = field(default_factory=Path)
    """Folder in which it is laid out for the task."""

    def replayed(self) -> Replay:
        (self.path / "objects").mkdir(exist_ok=True)
        for old in (self.path / "objects").iterdir():
            old.unlink()
        (self.path / f"original{Path(self.verdicts.path).suffix}").write_bytes(self.data)
        for name, der in self.objects.items():
            (self.path / "objects" / name).write_bytes(der)
        if self.content is not None:
            (self.path / "content").write_bytes(self.content)
        return replay(KeptVerdicts.of_json(self.verdicts.model_dump(mode="json")), RoomMaterial(self.path))


Keeping = Callable[..., Kept]


@pytest.fixture
def keeping(corpus: Corpus, tmp_path: Path) -> Keeping:
    """Judges as intake does, and keeps."""

    def kept(
        data: bytes, path: str = ORIGINAL, *, content: bytes | None = None, revocation: Sequence[bytes] = ()
    ) -> Kept:
        beside = None
        if content is not None:
            beside = tmp_path / "content.bin"
            beside.write_bytes(content)
        verdicts, objects = judged(
            data, corpus.trust, TODAY, tmp_path, path=path, content=beside, revocation=revocation
        )
        return Kept(data, verdicts, objects, content, Path(tempfile.mkdtemp(dir=tmp_path)))

    return kept


@pytest.mark.parametrize("name", sorted(SIGNED_FILES))
@pytest.mark.parametrize("handed_in", [True, False])
def test_a_verdict_comes_out_again_to_the_byte(keeping: Keeping, corpus: Corpus, name: str, handed_in: bool) -> None:
    lists = [*corpus.pki.lists(SIGNED + HOUR), *corpus.pki.lists(TODAY - HOUR)] if handed_in else []
    kept = keeping(SIGNED_FILES[name](corpus), revocation=lists)
    found = kept.replayed()
    assert (found.same, found.differences, found.altered) == (True, (), ())
    assert canonical(found.now) == canonical([v.model_dump(mode="json") for v in kept.verdicts.verdicts])


def test_a_verdict_without_any_trust_comes_out_again(corpus: Corpus, tmp_path: Path) -> None:
    """Judged while the trust store was empty: it is marked to be judged again, and is kept as it was."""
    verdicts, objects = judged(corpus.blta, TrustSnapshot(()), TODAY, tmp_path)
    assert verdicts.verdicts[0].subindication == "NO_CERTIFICATE_CHAIN_FOUND"
    kept = Kept(corpus.blta, verdicts, objects, path=Path(tempfile.mkdtemp(dir=tmp_path)))
    assert kept.replayed().same is True


def test_the_order_of_the_bundle_does_not_matter(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.blta, revocation=[*corpus.pki.lists(SIGNED + HOUR), *corpus.pki.lists(TODAY - HOUR)])
    turned = kept.verdicts.model_copy(update={"objects": kept.verdicts.objects[::-1]})
    assert replace(kept, verdicts=turned).replayed().same is True


def test_signed_cms_files_come_out_again(keeping: Keeping, corpus: Corpus) -> None:
    assert keeping(corpus.cms(b"noi dung", detached=False), CMS).replayed().same is True
    detached = keeping(corpus.cms(b"noi dung", detached=True), DETACHED, content=b"noi dung")
    assert detached.verdicts.verdicts[0].subindication != "SIGNED_DATA_NOT_FOUND"
    assert detached.replayed().same is True
    alone = keeping(corpus.cms(b"noi dung", detached=True), DETACHED)
    assert alone.verdicts.verdicts[0].subindication == "SIGNED_DATA_NOT_FOUND"
    assert alone.replayed().same is True


def test_a_detached_signature_over_other_bytes_comes_out_again_as_false(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.cms(b"noi dung", detached=True), DETACHED, content=b"noi dung khac")
    assert kept.verdicts.verdicts[0].subindication == "HASH_FAILURE"
    assert kept.replayed().same is True


def test_a_detached_signature_whose_file_is_lost_is_no_longer_the_same(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.cms(b"noi dung", detached=True), DETACHED, content=b"noi dung")
    found = replace(kept, content=None).replayed()
    assert (found.same, found.altered) == (False, ("content: the file that this detached signature signs is lost",))


@pytest.mark.parametrize("file", sorted(p.name for kind in ("dss-*.xml", "poi.*") for p in XML.glob(kind)))
def test_xml_signatures_and_packages_come_out_again(keeping: Keeping, file: str) -> None:
    path = f"representations/rep1/data/H49.001{Path(file).suffix}"
    kept = keeping((XML / file).read_bytes(), path)
    found = kept.replayed()
    assert (found.same, found.differences) == (True, ())


# ------------------------------------------------------------ altered and lost


def test_one_bit_changed_in_the_original_is_named(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.blt)
    for place in (0, len(kept.data) // 2, len(kept.data) - 1):
        changed = bytearray(kept.data)
        changed[place] ^= 1
        found = replace(kept, data=bytes(changed)).replayed()
        assert (found.same, found.altered) == (False, (f"original {ORIGINAL}: altered",))


def test_one_bit_changed_in_any_object_is_named_by_its_digest(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.blta)
    assert len(kept.objects) > 8
    words = set()
    for name, der in kept.objects.items():
        changed = bytearray(der)
        changed[len(changed) // 2] ^= 4
        found = replace(kept, objects={**kept.objects, name: bytes(changed)}).replayed()
        assert found.same is False
        assert any(said.endswith(f"{name}: altered") for said in found.altered), found.altered
        words |= {said.partition(" ")[0] for said in found.altered}
    assert words == {"trust-set", "policy", "facts", "object"}


def test_a_lost_object_is_named_and_is_no_fault(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.blta)
    for name in kept.objects:
        found = replace(kept, objects={key: der for key, der in kept.objects.items() if key != name}).replayed()
        assert found.same is False
        assert any(said.endswith(f"{name}: lost") for said in found.altered)


def test_another_verdict_is_shown_beside_the_kept_one(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.blta)
    first = kept.verdicts.verdicts[0].model_copy(update={"best_time": None, "reasons": ("because",)})
    other = kept.verdicts.model_copy(update={"verdicts": (first, *kept.verdicts.verdicts[1:])})
    found = replace(kept, verdicts=other).replayed()
    assert found.same is False
    assert {(d.key, d.signature) for d in found.differences} == {("best_time", "ChuKy1"), ("reasons", "ChuKy1")}
    missing = kept.verdicts.model_copy(update={"verdicts": kept.verdicts.verdicts[:1]})
    (only,) = replace(kept, verdicts=missing).replayed().differences
    assert (only.key, only.kept, only.now) == ("number of signatures", 1, 2)


def test_what_the_second_reader_said_is_taken_as_kept_and_weighed_again(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.blt)
    (only,) = kept.verdicts.verdicts
    assert only.second_reader["integrity"] == "holds"
    doubted = only.model_copy(update={"second_reader": {**only.second_reader, "integrity": "broken"}})
    found = replace(kept, verdicts=kept.verdicts.model_copy(update={"verdicts": (doubted,)})).replayed()
    assert found.same is False
    assert {d.key for d in found.differences} >= {"indication", "subindication", "plain", "reasons"}
    assert found.now[0]["indication"] == "INDETERMINATE"


def test_verdicts_of_the_first_release_are_told_so(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.signed())
    first = kept.verdicts.verdicts[0].model_copy(update={"provisional": True})
    found = replace(kept, verdicts=kept.verdicts.model_copy(update={"verdicts": (first,)})).replayed()
    assert (found.same, "first release" in found.note) == (None, True)


def test_a_file_that_broke_the_limits_at_intake_cannot_be_compared(keeping: Keeping, corpus: Corpus) -> None:
    kept = keeping(corpus.signed())
    breached = kept.verdicts.model_copy(update={"facts": "", "objects": ()})
    found = replace(kept, verdicts=breached).replayed()
    assert (found.same, "within its limits" in found.note) == (None, True)


def test_the_task_answers_in_json(keeping: Keeping, corpus: Corpus, tmp_path: Path) -> None:
    kept = keeping(corpus.signed())
    kept.replayed()
    answer = task(tmp_path, room=str(kept.path), kept=kept.verdicts.model_dump(mode="json"))
    assert json.loads(json.dumps(answer))["same"] is True


# ------------------------------------------------------------ plain data


def test_plain_verdicts_have_the_defaults_of_the_model() -> None:
    fields = SignatureVerdict.model_fields
    told = {name: f.get_default() for name, f in fields.items() if not f.is_required()}
    assert json.loads(json.dumps(told)) == dict(DEFAULTS)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"path": "a"},
        {"path": "a", "verdicts": []},
        {"path": "a", "verdicts": [1]},
        {"path": "", "verdicts": [{}]},
        {"path": "a", "verdicts": [{}], "objects": [1]},
        {"path": "a", "verdicts": [{}] * 5001},
    ],
)
def test_what_holds_no_kept_verdicts_is_named_so(document: object) -> None:
    with pytest.raises(KeptVerdictsUnreadableError):
        KeptVerdicts.of_json(document)


@pytest.mark.parametrize(
    "document", [b"", b"{}", b"[1]", b'{"certificates": [{}]}', b'{"certificates": [{"sha256": 1}]}']
)
def test_what_is_no_trust_set_is_named_so(document: bytes) -> None:
    with pytest.raises(KeptVerdictsUnreadableError):
        certificates_of_set(document)


def test_a_field_that_is_absent_equals_its_default() -> None:
    assert differences([{"field": "a"}], [{"field": "a", "practices": []}]) == ()
    (found,) = differences([{"field": "a"}], [{"field": "a", "practices": ["x"]}])
    assert found.as_json() == {"signature": "a", "key": "practices", "kept": [], "now": ["x"]}


def test_kept_bytes_are_read_within_the_file_and_digested_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    data = KeptBytes(FileOriginal(path))
    assert (data.read(3, 6), data.read(8, 99), data.read(-4, 2), data.read(6, 3)) == (b"345", b"89", b"01", b"")
    assert data.sha256() == sha256(b"0123456789")
    with pytest.raises(ValueError, match="md7"):
        data.whole("md7")


def test_a_signature_under_sha512_needs_the_content_itself(keeping: Keeping, corpus: Corpus) -> None:
    signature = sign_bytes(b"noi dung", corpus.leader, Signing(SIGNED, digest="sha512"), detached=True)
    assert keeping(signature, DETACHED, content=b"noi dung").replayed().same is True

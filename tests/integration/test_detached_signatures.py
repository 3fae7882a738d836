"""A detached signature is judged with the file that it signs: at intake, and from storage years later."""

from __future__ import annotations

from pathlib import Path

from archive.preservation.signatures.signing import Signing, sign_bytes
from tests.fixtures.homes import made_home
from tests.generators.deliveries import SIGNED, PaperMill, row, write_sheet
from tests.generators.eark_packages import package
from tests.generators.mails import BODY, HEAD, parted

CODE = "H49.64.2026.00077"


def test_a_stored_detached_signature_is_judged_with_the_file_that_it_signs(tmp_path: Path, mill: PaperMill) -> None:
    command = made_home(tmp_path / "home", mill)
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    paper = mill.paper(7, 1, signed=False)
    signature = sign_bytes(paper, mill.pki.people["leader"], Signing(SIGNED), detached=True)
    (delivery / "van-ban.pdf").write_bytes(paper)
    (delivery / "van-ban.pdf.p7s").write_bytes(signature)
    rows = [row(CODE, 1, 7, 1, 2, "van-ban.pdf"), row(CODE, 2, 8, 1, 2, "van-ban.pdf.p7s")]
    write_sheet(delivery / "muc-luc.xlsx", rows)
    (answer,) = command.json("ingest", delivery)
    assert answer["status"] == "archived", answer

    (document,) = command.json("show", f"{answer['package_id']}/2")
    (kept,) = document["verdicts"]
    (judged,) = command.json("signatures", "validate", f"{answer['package_id']}/2")
    assert kept["subindication"] == judged["subindication"] != "SIGNED_DATA_NOT_FOUND"
    assert (kept["indication"], kept["signer"]) == (judged["indication"], judged["signer"])

    (lone,) = command.json("signatures", "validate", _alone(tmp_path, signature))
    assert lone["subindication"] == "SIGNED_DATA_NOT_FOUND"


def _alone(folder: Path, signature: bytes) -> Path:
    path = folder / "alone" / "van-ban.pdf.p7s"
    path.parent.mkdir()
    path.write_bytes(signature)
    return path


def test_what_signs_a_package_and_a_mail_is_judged_kept_and_judged_again(tmp_path: Path, mill: PaperMill) -> None:
    """METS.xml.p7s beside METS, and S/MIME over the exact bytes of a part of the message."""
    command = made_home(tmp_path / "home", mill)
    leader = mill.pki.people["leader"]
    root = package(tmp_path / "uuid-8C2B6F0E").root
    (root / "METS.xml.p7s").write_bytes(
        sign_bytes((root / "METS.xml").read_bytes(), leader, Signing(SIGNED), detached=True)
    )
    mail = tmp_path / "thu.eml"
    mail.write_bytes(HEAD + parted(BODY, sign_bytes(BODY, leader, Signing(SIGNED), detached=True)))
    of_package, of_mail = command.json("ingest", root, mail)
    assert (of_package["status"], of_mail["status"]) == ("archived", "archived"), (of_package, of_mail)

    (dossier,) = command.json("show", of_package["package_id"])
    (verdict,) = dossier["verdicts"]
    assert verdict["path"].endswith("METS.xml.p7s")
    assert (verdict["signer"], verdict["subindication"]) != (None, "SIGNED_DATA_NOT_FOUND")
    judged = [event for event in dossier["events"] if verdict["path"] in event.get("objects", {})]
    assert "digital signature validation" in {event["type"] for event in judged}, "PREMIS tells of it"

    (document,) = command.json("show", f"{of_mail['package_id']}/1")
    (verdict,) = document["verdicts"]
    assert verdict["field"] == "smime.p7s"
    assert verdict["subindication"] not in {"SIGNED_DATA_NOT_FOUND", "HASH_FAILURE", "FORMAT_FAILURE"}
    again = command.json("signatures", "replay", f"{of_mail['package_id']}/1")
    assert {(line["same"], line["signature"]) for line in again} >= {(True, "smime.p7s")}, again
    assert {line["same"] for line in again} == {True}, again

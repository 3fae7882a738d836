"""A detached signature is judged with the file that it signs: at intake, and from storage years later."""

from __future__ import annotations

from pathlib import Path

from archive.preservation.signatures.signing import Signing, sign_bytes
from tests.fixtures.homes import made_home
from tests.generators.deliveries import SIGNED, PaperMill, row, write_sheet

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

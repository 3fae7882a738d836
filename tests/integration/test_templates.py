"""The template opens in LibreOffice, the real program, and what it saves is read as before."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.reports.templates import write_template
from metadata.profiles import Section
from metadata.sheet_examples import sheet_example
from metadata.validation import check_delivery
from tests.fixtures.deliveries import DeliveryFolder

pytestmark = pytest.mark.xdist_group("libreoffice")


def test_what_libreoffice_makes_of_the_template_is_read_without_a_warning(
    tmp_path: Path,
) -> None:
    profile_id, kind = "05-2025", "ods"
    program = shutil.which("soffice")
    assert program, "LibreOffice is not installed"
    delivery = DeliveryFolder(tmp_path / "giao-nop")
    write_template(tmp_path / "mau.xlsx", profile_id, "vi", created=datetime(2026, 11, 29, tzinfo=UTC))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", kind, "--outdir", str(delivery.root)]
    subprocess.run([*command, str(tmp_path / "mau.xlsx")], check=True, capture_output=True, timeout=240)
    for section in (Section.DOCUMENT, Section.PHOTO, Section.AUDIO_VIDEO):
        for row in sheet_example(profile_id).rows(section):
            delivery.file(row["path"])
    found = delivery.read()
    assert found.sources == (f"mau.{kind}",)
    assert (found.profile, found.findings, found.dossier_findings) == (profile_id, (), {})
    assert [finding for own in check_delivery(found).values() for finding in own] == []
    assert [len(dossier.documents) for dossier in found.dossiers] == [4]

"""Who may speak to the network, and that nothing else learns how."""

from __future__ import annotations

import pytest

from tests.architecture.sources import below, product

pytestmark = pytest.mark.xdist_group("sources")

SPEAKING = {"http.client", "urllib.request", "urllib3", "requests", "httpx", "httpx2", "aiohttp", "ftplib", "smtplib"}
HOME = "archive/preservation/fetching.py"


def test_one_module_asks_the_network_for_evidence() -> None:
    """Storage on S3 speaks through boto3, the malware scanner over its own socket; nobody else asks anything."""
    assert {source.name for source in product() if source.named & SPEAKING} == {HOME}


def test_whoever_asks_an_address_of_a_certificate_asks_the_allow_list_first() -> None:
    users = {source.name for source in below("archive") if "archive.preservation.fetching.Question" in source.named}
    # The provider of sign-in is asked at the address of its settings (`tests/integration/test_sign_in_by_provider.py`).
    assert users - {"archive/composition/providers.py"} == {
        "archive/preservation/timestamps/client.py",
        "archive/preservation/trust/broker.py",
    }

"""What servers send and what certificates say may be anything: the broker's tasks answer, they never fail."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.preservation.signatures import collecting
from archive.preservation.timestamps.tokens import Refused, read_token, request_of, token_of
from metadata.time import rfc3339
from tests.fixtures.pki import TODAY
from tests.fixtures.pki_servers import PkiServers
from tests.generators.examples import examples

AT = rfc3339(TODAY)
NONCE = "0102030405060708"


class Bytes:
    """Genuine objects of every kind, made once."""

    def __init__(self, servers: PkiServers) -> None:
        person = servers.person()
        self.leaf, self.issuer = person.certificate, servers.pki.issuing.der
        found = collecting.wanted(Path(), pairs=[self.pair()], nonces=[NONCE])["found"][0]
        self.list = servers.crl("issuing")
        answer = servers.answer("/ocsp/issuing", base64.b64decode(found["request"]))
        assert answer is not None
        self.answer = answer
        reply = servers.answer("/tsa", request_of(bytes(32), "sha256", 5, None))
        assert reply is not None
        self.reply, self.token = reply, token_of(reply).der

    def pair(self, leaf: bytes | None = None, issuer: bytes | None = None) -> list[str]:
        return [base64.b64encode(leaf or self.leaf).decode(), base64.b64encode(issuer or self.issuer).decode()]


@pytest.fixture(scope="module")
def genuine(_pki_servers: PkiServers) -> Bytes:
    _pki_servers.reset()
    return Bytes(_pki_servers)


def mutated(data: bytes, how: st.DataObject) -> bytes:
    """Some bytes flipped, cut out, doubled; or anything at all."""
    if how.draw(st.integers(0, 9)) == 0:
        return how.draw(st.binary(max_size=400))
    changed = bytearray(data)
    for _ in range(how.draw(st.integers(1, 4))):
        at = how.draw(st.integers(0, max(0, len(changed) - 1)))
        kind = how.draw(st.sampled_from(["flip", "cut", "double", "set"]))
        if kind == "flip" and changed:
            changed[at] ^= 1 << how.draw(st.integers(0, 7))
        elif kind == "set" and changed:
            changed[at] = how.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0x84, 0xA0, 0xFF]))
        elif kind == "cut":
            del changed[at : at + how.draw(st.integers(1, 40))]
        else:
            changed[at:at] = changed[at : at + how.draw(st.integers(1, 40))]
    return bytes(changed)


def said(task: Callable[..., dict[str, Any]], data: bytes, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return task(Path(), source=file.name, at=AT, slack=300.0, **arguments)


@settings(max_examples=examples(50))
@given(how=st.data())
def test_any_list_gets_an_answer_and_only_the_genuine_one_is_taken(genuine: Bytes, how: st.DataObject) -> None:
    data = mutated(genuine.list, how)
    leaf, issuer = genuine.pair()
    found = said(collecting.check_list, data, leaf=leaf, issuer=issuer)
    assert found["why"] or data == genuine.list
    imported = said(collecting.import_list, data, issuers=[issuer])
    assert imported["why"] or data == genuine.list


@settings(max_examples=examples(50))
@given(how=st.data())
def test_any_ocsp_answer_gets_an_answer_and_nothing_altered_is_taken(genuine: Bytes, how: st.DataObject) -> None:
    data = mutated(genuine.answer, how)
    leaf, issuer = genuine.pair()
    found = said(collecting.check_answer, data, leaf=leaf, issuer=issuer, nonce=NONCE)
    if not found["why"]:
        # The certificates that come along and the name of the responder are not all under the signature.
        assert (found["this_update"], found["nonce"]) == (AT, True)


@settings(max_examples=examples(50))
@given(how=st.data())
def test_any_certificate_of_a_file_is_asked_about_or_passed_over(genuine: Bytes, how: st.DataObject) -> None:
    leaf, issuer = mutated(genuine.leaf, how), genuine.issuer
    pairs = [genuine.pair(leaf=leaf or b"0", issuer=issuer), genuine.pair(issuer=mutated(issuer, how) or b"0")]
    found = collecting.wanted(Path(), pairs=pairs, nonces=[NONCE, NONCE])["found"]
    assert found[0] is None or leaf == genuine.leaf


@settings(max_examples=examples(50))
@given(how=st.data())
def test_any_answer_of_a_time_stamp_authority_is_a_token_or_refused(genuine: Bytes, how: st.DataObject) -> None:
    for read, data in ((token_of, genuine.reply), (read_token, genuine.token)):
        try:
            token = read(mutated(data, how))
        except Refused:
            continue
        assert token.signer.der in token.certificates


def test_what_is_genuine_is_taken(genuine: Bytes) -> None:
    """Without this the others could pass on anything."""
    leaf, issuer = genuine.pair()
    assert said(collecting.check_list, genuine.list, leaf=leaf, issuer=issuer)["why"] == ""
    assert said(collecting.import_list, genuine.list, issuers=[issuer])["why"] == ""
    answer = said(collecting.check_answer, genuine.answer, leaf=leaf, issuer=issuer, nonce=NONCE)
    assert (answer["why"], answer["silent"], answer["nonce"]) == ("", "", True)

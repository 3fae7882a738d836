"""The collecting judge: what is asked for, when it judges again, and who hears of what came; with real servers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from archive.demo.pki import Authority, Shape, Subject, new_authority, new_credential
from archive.preservation.collecting_judge import CollectingJudge
from archive.preservation.fetching import HttpFetcher
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.signing import Credential, Signing, sign_pdf, time_stamper
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.broker import BrokerTerms, Collected, RevocationBroker
from archive.preservation.trust.cache import RevocationCache
from ingest.ports import Judgement
from metadata.verdicts import Indication
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import LONG, TODAY, Corpus
from tests.fixtures.pki_servers import PkiServers

PASSED, OPEN = Indication.TOTAL_PASSED, Indication.INDETERMINATE
DAY = timedelta(days=1)
SPAN = (TODAY - 700 * DAY, TODAY + LONG)


@dataclass
class Office:
    """A judge with everything real behind it, and what went through it."""

    corpus: Corpus
    servers: PkiServers
    folder: Path
    allow: tuple[str, ...] = ()
    asked: list[tuple[bytes, ...]] = field(default_factory=list)
    """Certificates asked about, by round."""

    rounds: list[tuple[str, ...]] = field(default_factory=list)
    """Files judged, by round."""

    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By file, as the last call told."""

    numbers: int = 9000

    def __post_init__(self) -> None:
        self._judge = Judge(InlineWorkers(), self.corpus.trust, self.servers.clock, second_reader=False)
        self._broker = RevocationBroker(
            InlineWorkers(),
            RevocationCache(self.folder / "cache"),
            HttpFetcher(),
            self.servers.clock,
            nonce=lambda length: hashlib.sha256(str(self.servers.asked).encode()).digest()[:length],
            terms=BrokerTerms(AllowList(self.allow or (f"{self.servers.url}/",)), seconds_each=5.0),
            scratch=self.folder / "scratch",
        )

    # The office stands between the collecting judge and both, and lets everything through.

    def collect(self, certificates: Sequence[tuple[bytes, bytes]]) -> Collected:
        self.asked.append(tuple(leaf for leaf, _ in certificates))
        return self._broker.collect(certificates)

    def judgements(self, paths: Sequence[Path], **how: object) -> Sequence[Judgement]:
        self.rounds.append(tuple(path.name for path in paths))
        return self._judge.judgements(paths, **how)  # type: ignore[arg-type] # of that port

    def judged(self, revocation: Sequence[bytes] = (), **files: bytes) -> list[Judgement]:
        paths = [self.folder / f"{name}.pdf" for name in files]
        for path, data in zip(paths, files.values(), strict=True):
            path.write_bytes(data)
        collecting = CollectingJudge(self, self)  # type: ignore[arg-type] # what is called of the port
        judged = list(collecting.judgements(paths, revocation=revocation))
        self.missing = {path.name: judgement.missing for path, judgement in zip(paths, judged, strict=True)}
        return judged

    # Authorities whose certificates say where lists are.

    def authority(self, path: str, above: Authority | None = None, at: str = "crl/root") -> Authority:
        self.numbers += 1
        subject = Subject(f"CA có địa chỉ {self.numbers}")
        shape = Shape(extensions=(self._point(at),), path_length=1)
        made = new_authority(subject, above or self.corpus.pki.root, SPAN, number=self.numbers, shape=shape)
        self.servers.bodies[path] = made.list_of(self.servers.clock.at, life=7 * DAY)
        return made

    def crossed(self, authority: Authority, above: Authority, at: str) -> bytes:
        """Another certificate of an authority, under another one."""
        shape = Shape(key=authority.key, extensions=(self._point(at),))
        self.numbers += 1
        name = authority.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        made = new_authority(Subject(str(name)), above, SPAN, number=self.numbers, shape=shape)
        assert made.certificate.subject == authority.certificate.subject
        return made.der

    def _point(self, path: str) -> tuple[x509.ExtensionType, bool]:
        names = [x509.UniformResourceIdentifier(self.servers.address(path))]
        return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)]), False

    def stamper(self, authority: Authority, at: str) -> Credential:
        self.numbers += 1
        return new_credential(
            Subject(f"TSA có địa chỉ {self.numbers}"),
            authority,
            SPAN,
            number=self.numbers,
            chain=(authority.der,),
            stamps_time=True,
            elliptic=True,
            shape=Shape(extensions=(self._point(at),)),
        )


@pytest.fixture
def office(corpus: Corpus, pki_servers: PkiServers, tmp_path: Path) -> Office:
    return Office(corpus, pki_servers, tmp_path)


def signed(corpus: Corpus, person: Credential, **how: object) -> bytes:
    return sign_pdf(corpus.base, person, Signing(TODAY, **how))  # type: ignore[arg-type] # fields of Signing


def name_of(certificate: Credential | bytes) -> str:
    der = certificate if isinstance(certificate, bytes) else certificate.certificate
    return x509.load_der_x509_certificate(der).subject.rfc4514_string()


def words(judgements: Sequence[Judgement]) -> list[tuple[Indication, str | None]]:
    return [(v.indication, v.subindication) for judgement in judgements for v in judgement.verdicts]


def test_what_is_missing_is_asked_for_and_the_file_judged_again(
    office: Office, corpus: Corpus, pki_servers: PkiServers
) -> None:
    own = office.authority("crl/own")
    found = office.judged(a=signed(corpus, pki_servers.person(crl="crl/own", answers=None, issuer=own)))
    assert words(found) == [(PASSED, None)]
    assert office.rounds == [("a.pdf",), ("a.pdf",)]
    assert [len(asked) for asked in office.asked] == [2]
    lists = {pki_servers.bodies["crl/own"], pki_servers.crl("root")}
    assert lists <= set(found[0].objects)
    assert found[0].missing == ()
    assert pki_servers.asked == {"/crl/own": 1, "/crl/root": 1}


def test_files_of_one_office_cost_one_question_and_what_needs_nothing_is_left_alone(
    office: Office, corpus: Corpus, pki_servers: PkiServers
) -> None:
    own = office.authority("crl/own")
    lan, minh = (pki_servers.person(crl="crl/own", answers=None, issuer=own) for _ in range(2))
    found = office.judged(
        a=signed(corpus, lan), b=corpus.blt, c=signed(corpus, minh), d=signed(corpus, lan), e=corpus.base
    )
    assert words(found) == [(PASSED, None)] * 4
    assert office.rounds == [("a.pdf", "b.pdf", "c.pdf", "d.pdf", "e.pdf"), ("a.pdf", "c.pdf", "d.pdf")]
    (asked,) = office.asked
    assert sorted(asked) == sorted({lan.certificate, minh.certificate, own.der}), "each certificate once"
    assert pki_servers.asked == {"/crl/own": 1, "/crl/root": 1}


def test_another_path_that_comes_into_question_is_asked_about_in_a_round_of_its_own(
    office: Office, corpus: Corpus, pki_servers: PkiServers
) -> None:
    """The authority has two certificates; when the list says that one is revoked, the other one needs its list.

    Not the bridge between: of it the root's list spoke in the first round.
    """
    own, bridge = office.authority("crl/own"), office.authority("crl/bridge")
    crossed = office.crossed(own, bridge, "crl/bridge")
    serial = own.certificate.serial_number
    pki_servers.revoked[serial] = (TODAY - 5 * DAY, x509.ReasonFlags.superseded)
    person = pki_servers.person(crl="crl/own", answers=None, issuer=own)
    both = replace(person, chain=(own.der, crossed, bridge.der))
    found = office.judged(a=signed(corpus, both))
    assert words(found) == [(PASSED, None)], found[0].verdicts
    assert len(office.rounds) == len(office.asked) + 1 == 3
    first, second = map(set, office.asked)
    assert (first, second) == ({person.certificate, own.der}, {crossed})
    assert pki_servers.asked == {"/crl/own": 1, "/crl/root": 1, "/crl/bridge": 1}


def test_what_cannot_be_had_leaves_the_verdict_open_and_is_told(
    office: Office, corpus: Corpus, pki_servers: PkiServers
) -> None:
    person = pki_servers.person(crl="crl/issuing/error", answers="ocsp/issuing/try-later")
    root = corpus.pki.root.list_of(TODAY)
    found = office.judged([root], a=signed(corpus, person))
    assert words(found) == [(OPEN, "TRY_LATER")]
    assert office.rounds == [("a.pdf",)], "nothing new came, so nothing is judged again"
    assert office.asked == [(person.certificate,)]
    (missing,) = found[0].missing
    assert missing.startswith(f"{name_of(person)}: ")
    assert "500" in missing


def test_a_part_that_came_is_used_and_the_rest_is_not_asked_for_twice(
    office: Office, corpus: Corpus, pki_servers: PkiServers
) -> None:
    """The authority's certificate names no address: its list cannot be fetched."""
    person = pki_servers.person(answers=None)
    found = office.judged(a=signed(corpus, person))
    assert words(found) == [(OPEN, "TRY_LATER")]
    assert [len(asked) for asked in office.asked] == [2]
    assert pki_servers.crl("issuing") in found[0].objects
    assert [missing.partition(": ")[0] for missing in found[0].missing] == [name_of(corpus.pki.issuing.der)]
    assert [pair[0] for pair in found[0].wanted] == [corpus.pki.issuing.der]


def test_each_file_hears_of_what_it_lacks_itself(office: Office, corpus: Corpus, pki_servers: PkiServers) -> None:
    own = office.authority("crl/own")
    lan = pki_servers.person(crl="crl/own", answers=None, issuer=own)
    minh = pki_servers.person(crl="crl/own/error", answers=None, issuer=own)
    hoa = pki_servers.person(crl="crl/nowhere", answers=None, issuer=pki_servers.pki.issuing)
    lists = [corpus.pki.root.list_of(TODAY)]
    found = office.judged(lists, a=signed(corpus, lan), b=signed(corpus, hoa), c=signed(corpus, minh))
    assert words(found) == [(PASSED, None), (OPEN, "TRY_LATER"), (PASSED, None)]
    lacking = {name: [told.partition(": ")[0] for told in missing] for name, missing in office.missing.items()}
    # One list speaks of everybody under its authority, also of whose own address gave nothing.
    assert lacking == {"a.pdf": [], "b.pdf": [name_of(hoa)], "c.pdf": []}


def test_a_revocation_that_is_fetched_counts(office: Office, corpus: Corpus, pki_servers: PkiServers) -> None:
    own = office.authority("crl/own")
    person = pki_servers.person(crl="crl/own", answers=None, issuer=own)
    serial = x509.load_der_x509_certificate(person.certificate).serial_number
    revoked = {serial: (TODAY - 5 * DAY, x509.ReasonFlags.key_compromise)}
    pki_servers.bodies["crl/own"] = own.list_of(TODAY, revoked, life=7 * DAY)
    assert words(office.judged(a=signed(corpus, person))) == [(OPEN, "REVOKED_NO_POE")]


def test_certificates_of_a_time_stamp_are_asked_about_as_well(
    office: Office, corpus: Corpus, pki_servers: PkiServers
) -> None:
    own, stamping = office.authority("crl/own"), office.authority("crl/stampers")
    stamper = time_stamper(office.stamper(stamping, "crl/stampers"), TODAY)
    person = pki_servers.person(crl="crl/own", answers=None, issuer=own)
    (judgement,) = office.judged(a=signed(corpus, person, stamper=stamper))
    assert words([judgement]) == [(PASSED, None)]
    assert judgement.verdicts[0].best_time_proof == "signature-time-stamp"
    assert pki_servers.asked == {"/crl/own": 1, "/crl/root": 1, "/crl/stampers": 1}


def test_nothing_is_asked_where_the_operator_allowed_nothing(
    corpus: Corpus, pki_servers: PkiServers, tmp_path: Path
) -> None:
    office = Office(corpus, pki_servers, tmp_path, allow=("elsewhere.invalid",))
    own = office.authority("crl/own")
    person = pki_servers.person(crl="crl/own", answers=None, issuer=own)
    assert words(office.judged(a=signed(corpus, person))) == [(OPEN, "TRY_LATER")]
    assert pki_servers.asked == {}
    assert all("not-allowed: " in missing for missing in office.missing["a.pdf"])
    assert office.missing["a.pdf"]


def test_what_somebody_handed_in_is_not_asked_for(office: Office, corpus: Corpus, pki_servers: PkiServers) -> None:
    lists = corpus.pki.lists(TODAY)
    assert words(office.judged(lists, a=signed(corpus, pki_servers.person()))) == [(PASSED, None)]
    assert (office.asked, set(office.missing.values()), pki_servers.asked) == ([], {()}, {})

"""Asks time-stamp authorities (RFC 3161) for tokens, the preferred one first."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from archive.preservation.fetching import Caps, Fetcher, FetchError, Question
from archive.preservation.timestamps.tokens import Refused, Token, request_of, token_of
from metadata.errors import ArchiveError
from metadata.time import Clock

TSA_CAPS = Caps(max_bytes=1 << 20, seconds=30.0)
NONCE_BITS = 64
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class TsaUnavailableError(ArchiveError):
    """No configured time-stamp authority gave a usable token; nothing was stamped, repeating is safe."""

    code: ClassVar[str] = "tsa.unavailable"

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        """Why, by address; empty: none is configured."""
        said = "; ".join(f"{url}: {why}" for url, why in self.reasons.items())
        super().__init__(said or "no time-stamp authority is configured (LUUTRU_EVIDENCE__TSA)")


class TimeStamper(Protocol):
    """Gives time-stamp tokens."""

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """A token (DER of its ContentInfo) over `digest`.

        Args:
            digest: What is stamped.
            algorithm: That made it, in hashlib's spelling: `sha256`, `sha384`, `sha512`.

        Raises:
            TsaUnavailableError: nobody gave a token that holds.
        """
        ...


class TokenJudge(Protocol):
    """Says whether a token that is genuine in form is also believed."""

    def __call__(self, token: Token) -> str:
        """Why it is not; empty: it is."""
        ...


@dataclass(frozen=True, slots=True)
class TsaTerms:
    """What is demanded of every token."""

    policies: tuple[str, ...] = ()
    """Dotted identifiers of time-stamp policies that are accepted; the first is asked for. Empty: any."""

    slack_seconds: float = 300.0
    """How far a token's time may lie from ours: an authority whose clock is wrong proves nothing."""

    caps: Caps = TSA_CAPS


class TsaClient:
    """Implements `TimeStamper`.

    Args:
        urls: Addresses, the preferred one first; the next is asked when one gives nothing usable.
        fetcher: The door to the network.
        clock: Against which a token's time is held.
        nonce: A fresh number of 64 random bits.
        judge: Whether the authority is believed; None: form and signature alone are checked.
        terms: What else is demanded.
    """

    def __init__(
        self,
        urls: Sequence[str],
        fetcher: Fetcher,
        clock: Clock,
        *,
        nonce: Callable[[], int],
        judge: TokenJudge | None = None,
        terms: TsaTerms | None = None,
    ) -> None:
        self.urls = tuple(urls)
        self._fetcher = fetcher
        self._clock = clock
        self._nonce = nonce
        self._judge = judge
        self._terms = terms or TsaTerms()

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """See `TimeStamper.stamp`."""
        reasons: dict[str, str] = {}
        for url in self.urls:
            try:
                return self._asked(url, digest, algorithm).der
            except (FetchError, Refused) as error:
                reasons[url] = str(error)
        raise TsaUnavailableError(reasons)

    def token(self, url: str, digest: bytes, algorithm: str = "sha256") -> Token:
        """A token of one authority, with what it says.

        Raises:
            TsaUnavailableError: it gave none that holds.
        """
        try:
            return self._asked(url, digest, algorithm)
        except (FetchError, Refused) as error:
            raise TsaUnavailableError({url: str(error)}) from error

    def _asked(self, url: str, digest: bytes, algorithm: str) -> Token:
        nonce = self._nonce()
        policies = self._terms.policies
        body = request_of(digest, algorithm, nonce, policies[0] if policies else None)
        answer = io.BytesIO()
        self._fetcher.fetch(Question(url, body, _HEADERS), answer, self._terms.caps)
        token = token_of(answer.getvalue())
        token.check(digest, algorithm, nonce, policies)
        late = (token.time - self._clock.now()).total_seconds()
        if abs(late) > self._terms.slack_seconds:
            raise Refused("time", f"its clock differs from ours by {late:.0f} s")
        why = self._judge(token) if self._judge is not None else ""
        if why:
            raise Refused("not-believed", why)
        return token

"""Whether a time-stamp authority is believed: the engine's judgement of a fresh token, under the trust in force."""

from __future__ import annotations

from collections.abc import Callable

from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.signatures.tokens_judging import judge_token
from archive.preservation.signatures.world import World
from archive.preservation.timestamps.tokens import Token
from archive.preservation.trust.sets import TrustSnapshot, TrustSource, TrustStoreDamagedError
from metadata.time import Clock


class Believing:
    """Implements `TokenJudge` with the engine.

    A token whose signature does not hold, or whose authority does not end in an
    anchor, is refused: renewing on top of it would carry the error on for
    decades. Where nothing is trusted yet, only the signature is checked, and the
    token can be judged when trust is there.

    Args:
        trust: The set in force.
        clock: The time of judging.
        answers: Gives the CRLs and OCSP answers that are at hand.
        policy: Gives the validation policy in force; without it, the program's own.
    """

    def __init__(
        self,
        trust: TrustSource,
        clock: Clock,
        *,
        answers: Callable[[], tuple[bytes, ...]] = lambda: (),
        policy: Callable[[], Policy] = default_policy,
    ) -> None:
        self._trust = trust
        self._clock = clock
        self._answers = answers
        self._policy = policy

    def __call__(self, token: Token) -> str:
        """See `TokenJudge`."""
        now = self._clock.now()
        snapshot = self._snapshot()
        world = World.of(
            at=max(now, token.time),
            anchors=snapshot.anchors(),
            intermediates=snapshot.intermediates(),
            answers=self._answers(),
            policy=self._policy(),
        )

        def imprint(name: str) -> bytes:
            if name != token.algorithm:
                raise ValueError(name)
            return token.imprint

        verdict = judge_token(token.der, imprint, world)
        if not verdict.intact:
            return "signature: " + "; ".join(verdict.outcome.reasons)
        word, reasons = verdict.outcome.subindication, verdict.outcome.reasons
        # What only says that revocation data is not at hand yet is no objection: it is collected before the renewal.
        waits = word == "TRY_LATER" and not any(reason.startswith("on-hold") for reason in reasons)
        if word is None or waits or snapshot.usable(now):
            return ""
        return f"{word}: " + "; ".join(reasons)

    def _snapshot(self) -> TrustSnapshot:
        try:
            return self._trust.snapshot()
        except TrustStoreDamagedError:
            return TrustSnapshot(())

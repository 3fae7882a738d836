"""The configured time-stamp authorities: asked in their order, or without those that must not count alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from metadata.errors import ArchiveError


class TimeStamper(Protocol):
    """Gives time-stamp tokens (`archive.preservation.timestamps.client`)."""

    def stamp(self, digest: bytes, algorithm: str = "sha256") -> bytes:
        """A token (DER) over `digest`; an ArchiveError when nobody gives one."""
        ...


class NoAuthorityError(ArchiveError):
    """No time-stamp authority that may be asked gave a token; repeating is safe."""

    code = "evidence.no_authority"

    def __init__(self, reasons: dict[str, str], avoided: Collection[str]) -> None:
        self.reasons = reasons
        """Why, by authority."""

        self.avoided = tuple(sorted(avoided))
        said = "; ".join(f"{name}: {why}" for name, why in reasons.items())
        without = f" (not asked: {', '.join(self.avoided)})" if avoided else ""
        super().__init__(f"no time-stamp authority gave a token{without}: {said or 'there is no other one'}")


@dataclass(frozen=True, slots=True)
class Authority:
    """One time-stamp authority."""

    name: str
    """Tells it from the others for ever; kept with each stamp."""

    stamper: TimeStamper


@dataclass(frozen=True, slots=True)
class Authorities:
    """All that are configured, the preferred one first."""

    each: tuple[Authority, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self.each)

    def stamp(self, digest: bytes, algorithm: str, *, avoid: Collection[str] = ()) -> tuple[bytes, str]:
        """A token, and the name of the authority that gave it.

        Args:
            digest: What is stamped.
            algorithm: That made it.
            avoid: Names of authorities that are not asked.

        Raises:
            NoAuthorityError: none gave a token.
        """
        reasons: dict[str, str] = {}
        for authority in self.each:
            if authority.name in avoid:
                continue
            try:
                return authority.stamper.stamp(digest, algorithm), authority.name
            except ArchiveError as error:
                reasons[authority.name] = str(error)
        raise NoAuthorityError(reasons, avoid)

"""The second factor: time-based one-time passwords (RFC 6238 over RFC 4226), and how an app learns the secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import secrets
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
_SECRET_BYTES = 20
"""RFC 4226 R6: at least 128 bits, 160 recommended; the only length that every application takes."""

DRIFT_STEPS = 1
"""RFC 6238 5.2: one step for the time that typing takes, backwards and, for a clock that is fast, forwards."""


def new_secret() -> str:
    """A secret, base 32 as applications take it."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def step_of(seconds: float) -> int:
    """The number of the step in which an instant (seconds since 1970) lies."""
    return int(seconds) // STEP_SECONDS


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of one step."""
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4]) & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: str, written: str, *, now: float, used: int) -> int | None:
    """The step whose code was typed, or None.

    Args:
        secret: The person's.
        written: As typed; spaces between digits are forgiven.
        now: Seconds since 1970.
        used: The last step of this person that was accepted; it and all before count no more (RFC 6238 5.2).
    """
    code = "".join(written.split()).encode("utf-8", "replace")
    here = step_of(now)
    found = None
    for step in range(here - DRIFT_STEPS, here + DRIFT_STEPS + 1):
        # Every step is compared, so that time tells nothing of which one it was.
        if hmac.compare_digest(code_at(secret, step).encode(), code) and step > used:
            found = step
    return found


def address(secret: str, *, login: str, issuer: str) -> str:
    """The `otpauth` address that applications scan."""
    label = quote(f"{issuer}:{login}")
    said = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(said, quote_via=quote)}"


def picture(told: str) -> str:
    """`told` as a QR code: SVG without style or script, black on white in every colour scheme."""
    import segno  # noqa: PLC0415 - only who sets up a second factor needs it

    stream = io.BytesIO()
    code = segno.make_qr(told, error="m")
    # A view box instead of sizes: the style of the page says how large it is.
    code.save(
        stream,
        kind="svg",
        border=4,
        xmldecl=False,
        omitsize=True,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
    )
    return stream.getvalue().decode()

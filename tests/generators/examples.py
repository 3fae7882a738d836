"""How many examples a test of hypothesis tries that asks for a number of its own."""

from __future__ import annotations

from hypothesis import settings

_NIGHTLY = 20


def examples(count: int) -> int:
    """`count` in `make test`, twenty times as many in the nightly run.

    A number in `settings` holds whatever the profile says: without this the night would try no more than the day.
    """
    return count * _NIGHTLY if settings.get_current_profile_name() == "nightly" else count

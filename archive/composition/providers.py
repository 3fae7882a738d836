"""The OpenID provider, asked through the one door to the network and at the issuer's own address only."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.auth.errors import ProviderRefusedError, ProviderUnreachableError
from archive.auth.oidc import Provider
from archive.preservation.fetching import Caps, FetchError, HttpFetcher, Question

if TYPE_CHECKING:
    from archive.composition.installation import Installation

_CAPS = Caps(max_bytes=1 << 20, seconds=15.0)


def provider(archive: Installation) -> Provider | None:
    """The provider of the settings; None: there is none."""
    settings = archive.settings.auth.oidc
    if settings is None:
        return None
    network = archive.settings.network
    fetcher = HttpFetcher(proxy=network.proxy, ca_file=network.ca_file)
    issuer = urlsplit(settings.issuer)

    def ask(url: str, form: bytes | None, headers: Mapping[str, str]) -> bytes:
        if urlsplit(url)[:2] != issuer[:2]:
            raise ProviderUnreachableError("not the issuer's address")
        into = io.BytesIO()
        try:
            fetcher.fetch(Question(url, form, headers), into, _CAPS)
        except FetchError as error:
            if error.word == "refused" and form is not None:
                raise ProviderRefusedError(error.detail) from error
            msg = f"{error.word}: {error.detail}"
            raise ProviderUnreachableError(msg) from error
        return into.getvalue()

    return Provider(settings, ask, archive.clock)

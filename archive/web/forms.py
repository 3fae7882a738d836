"""What a page's form brings."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import Request

from metadata.errors import UsageError

_MOST_BYTES = 64 << 10
_MOST_FIELDS = 1000


async def fields_of(request: Request) -> Mapping[str, str]:
    """The fields of a form without files; of one that comes twice the first counts.

    Raises:
        UsageError: longer than any form of ours.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise UsageError("form too large")
    try:
        found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise UsageError("form with too many fields") from None
    return {name: values[0] for name, values in found.items()}

"""Name and version of the signature engine: stands in every verdict.

The number rises whenever the same facts under the same world may give another
verdict. A kept verdict of this number must come out again byte for byte.
"""

from __future__ import annotations

ENGINE = "luutru-signatures 2"

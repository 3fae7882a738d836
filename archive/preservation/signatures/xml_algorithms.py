"""Addresses of algorithms in XML signatures (W3C XMLDSig 1.1, RFC 9231) and what they mean here."""

from __future__ import annotations

from collections.abc import Mapping

_DS = "http://www.w3.org/2000/09/xmldsig#"

DIGESTS: Mapping[str, str] = {
    f"{_DS}sha1": "sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
    "http://www.w3.org/2001/04/xmldsig-more#md5": "md5",
    "http://www.w3.org/2001/04/xmldsig-more#sha224": "sha224",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmldsig-more#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha512": "sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-224": "sha3_224",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-256": "sha3_256",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-384": "sha3_384",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-512": "sha3_512",
}
"""Digest algorithms by address, as hashlib spells them; two addresses are of programs that mix up the list."""


_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_MORE_2021 = "http://www.w3.org/2021/04/xmldsig-more#"

PSS_WITH_PARAMETERS = f"{_MORE_2007}rsa-pss"
"""Digest, mask and salt stand in `RSAPSSParams`; without them SHA-256 and 32 bytes (RFC 9231, clause 2.3.9)."""

SIGNATURES: Mapping[str, tuple[str, str]] = {
    f"{_DS}rsa-sha1": ("rsassa_pkcs1v15", "sha1"),
    f"{_MORE}rsa-md5": ("rsassa_pkcs1v15", "md5"),
    **{f"{_MORE}rsa-sha{n}": ("rsassa_pkcs1v15", f"sha{n}") for n in (224, 256, 384, 512)},
    f"{_MORE}ecdsa-sha1": ("ecdsa", "sha1"),
    **{f"{_MORE}ecdsa-sha{n}": ("ecdsa", f"sha{n}") for n in (224, 256, 384, 512)},
    **{f"{_MORE_2021}ecdsa-sha3-{n}": ("ecdsa", f"sha3_{n}") for n in (224, 256, 384, 512)},
    f"{_MORE_2007}sha1-rsa-MGF1": ("rsassa_pss", "sha1"),
    **{f"{_MORE_2007}sha{n}-rsa-MGF1": ("rsassa_pss", f"sha{n}") for n in (224, 256, 384, 512)},
    **{f"{_MORE_2007}sha3-{n}-rsa-MGF1": ("rsassa_pss", f"sha3_{n}") for n in (224, 256, 384, 512)},
    PSS_WITH_PARAMETERS: ("rsassa_pss", ""),
    f"{_MORE_2021}eddsa-ed25519": ("ed25519", "sha512"),
    f"{_MORE_2021}eddsa-ed448": ("ed448", "shake256"),
}
"""Scheme and digest by the address of a signature algorithm. HMAC is none of them: who can check it can forge it."""

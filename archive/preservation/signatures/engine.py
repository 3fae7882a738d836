"""The door to the signature engine: facts and a `World` in, verdicts out.

Everything behind it runs on a bare Python with asn1crypto at most: no
`cryptography` (used when it is there), pydantic, pikepdf, pyHanko or lxml. Who
needs a verdict on a file calls the worker task (`task.judge`) through
`adapter.Judge`; who has facts already (a proof, a replay, an evidence record)
calls this.
"""

from __future__ import annotations

from archive.preservation.signatures.blocks import Digest, Judged, SignerBlock, Stamp, TokenVerdict, Used
from archive.preservation.signatures.chains import ChainVerdict, Moment, judge_chain
from archive.preservation.signatures.cms_judging import digest_of_file, judge_cms
from archive.preservation.signatures.existence import NOTHING_PROVEN, Existence, Proof
from archive.preservation.signatures.judging import judge_signer
from archive.preservation.signatures.outcomes import Outcome
from archive.preservation.signatures.pdf_judging import judge_pdf
from archive.preservation.signatures.policy import Policy, default_policy, policy_of
from archive.preservation.signatures.tokens_judging import judge_token, material_of
from archive.preservation.signatures.verdicts import FileJudgement, undecided, unreadable, verdict
from archive.preservation.signatures.version import ENGINE
from archive.preservation.signatures.world import Trust, World

__all__ = [
    "ENGINE",
    "NOTHING_PROVEN",
    "ChainVerdict",
    "Digest",
    "Existence",
    "FileJudgement",
    "Judged",
    "Moment",
    "Outcome",
    "Policy",
    "Proof",
    "SignerBlock",
    "Stamp",
    "TokenVerdict",
    "Trust",
    "Used",
    "World",
    "default_policy",
    "digest_of_file",
    "judge_chain",
    "judge_cms",
    "judge_pdf",
    "judge_signer",
    "judge_token",
    "material_of",
    "policy_of",
    "undecided",
    "unreadable",
    "verdict",
]

"""`python -m archive.demo FOLDER`: the sample delivery as FOLDER, its root certificate in FOLDER-trust."""

from __future__ import annotations

import sys
from pathlib import Path

from archive.clock import SystemClock
from archive.demo.delivery import make_delivery
from metadata.messages import LANGUAGES, text


def main(arguments: list[str]) -> int:
    """Make the delivery, tell where it is; 2 when the call is wrong."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        sys.stderr.write("\n")
        return 2
    made = make_delivery(Path(arguments[0]), clock=SystemClock())
    documents = [document for dossier in made["dossiers"] for document in dossier["documents"]]
    for language in LANGUAGES:
        line = text(
            "demo.already" if made["already"] else "demo.made",
            language,
            delivery=made["delivery"],
            trust=made["trust"],
            dossiers=len(made["dossiers"]),
            documents=len(documents),
            pages=sum(document["pages"] for document in documents),
        )
        sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

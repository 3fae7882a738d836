"""A page about the signatures of files that a person can read: Vietnamese first, then the same in English.

One HTML document without scripts and without any address outside of itself, so
that it says the same in forty years. The technical reasons stand in it as the
engine gave them, each behind a sentence of the message catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from archive.preservation.signatures.policy import Policy
from metadata.messages import LANGUAGES, catalogue, text
from metadata.time import VIETNAM
from metadata.verdicts import Indication, SignatureVerdict
from metadata.xml.writing import legal

_STYLE = """
body{font:16px/1.5 serif;max-width:50em;margin:2em auto;padding:0 1em;color:#111;background:#fff}
h1{font-size:1.5em}h2{font-size:1.2em;border-top:2px solid #333;padding-top:.6em;overflow-wrap:anywhere}
h3{font-size:1.1em;margin-bottom:.2em;overflow-wrap:anywhere}
.word{font-weight:bold;font-size:1.15em}.valid{color:#14532d}.insufficient{color:#713f12}.invalid{color:#7f1d1d}
dl{display:grid;grid-template-columns:14em minmax(0,1fr);gap:.2em 1em}dt{color:#444}dd{margin:0;overflow-wrap:anywhere}
ul{margin:0;padding-left:1.2em}small,code{color:#444;font-size:.85em;overflow-wrap:anywhere}section+section{margin-top:4em}
@media(max-width:40em){dl{grid-template-columns:minmax(0,1fr)}}@media print{h3,dl{break-inside:avoid}}
"""
_WHOLE = ("whole-file", "whole-revision")
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Content-Security-Policy of the page: nothing is loaded and nothing runs."""


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file with its verdicts."""

    name: str
    sha256: str
    verdicts: tuple[SignatureVerdict, ...]


def write_page(files: Sequence[ShownFile], policy: Policy) -> bytes:
    """The page as UTF-8; the same verdicts give the same bytes.

    Args:
        files: In the order in which they are shown.
        policy: The one that was judged by; its practices carry their legal notes.
    """
    title = escape(_text("page.title", LANGUAGES[0]))
    parts = [
        '<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(CONTENT_POLICY)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
    ]
    for language in LANGUAGES:
        parts.append(f'<section lang="{language}">')
        parts += _Section(language, policy).lines(files)
        parts.append("</section>")
    return "\n".join([*parts, "</body>\n</html>\n"]).encode()


def _text(key: str, language: str, **values: object) -> str:
    return text(f"signatures.{key}", language, **values)


def sentence(reason: str, language: str, group: str = "reason") -> str:
    """What the word before the colon of a reason means; empty for a word that is not in the catalogue.

    Args:
        reason: As it stands in a verdict.
        language: `vi` or `en`.
        group: `reason`, or `helps` for what would help.
    """
    key = f"signatures.{group}.{reason.partition(':')[0].strip()}"
    return catalogue()[key][language] if key in catalogue() else ""


def told(reason: str, language: str, group: str = "reason") -> str:
    """A reason as one line: what its word means, the engine's own words behind it, which carry names and times.

    Args:
        reason: As it stands in a verdict.
        language: `vi` or `en`.
        group: See `sentence`.
    """
    meant, own = sentence(reason, language, group).rstrip("."), reason.partition(":")[2].strip()
    return ": ".join(filter(None, (meant, own))) if meant else reason


@dataclass(frozen=True, slots=True)
class _Section:
    """The page in one language."""

    language: str
    policy: Policy

    def say(self, key: str, **values: object) -> str:
        """Words of the catalogue, safe for HTML; so are the values."""
        return escape(_text(key, self.language, **{k: legal(str(v)) for k, v in values.items()}))

    def known(self, group: str, word: str) -> str:
        """The name of a fixed word; the word itself where it has none."""
        key = f"{group}.{word}"
        return self.say(key) if f"signatures.{key}" in catalogue() else escape(legal(word))

    def lines(self, files: Sequence[ShownFile]) -> Iterator[str]:
        yield f"<h1>{self.say('page.title')}</h1>"
        first = next((v for f in files for v in f.verdicts), None)
        if first is not None:
            at = self._time(first.judged_at)
            lead = self.say("page.lead", engine=first.engine, at="\0", policy=self.policy.version)
            # The time brings markup of its own, which the catalogue's words do not have.
            yield f"<p>{lead.replace(legal(chr(0)), at)}</p>"
        for file in files:
            yield f"<h2>{self.say('page.file')}: {escape(legal(file.name))}</h2>"
            yield f"<p><small>{self.say('page.digest-file')}: <code>{escape(file.sha256)}</code></small></p>"
            if not file.verdicts:
                yield f"<p>{self.say('page.unsigned')}</p>"
            for verdict in file.verdicts:
                yield from self._verdict(verdict)
        yield f"<p><small>{self.say('page.notice')}</small></p>"

    def _verdict(self, verdict: SignatureVerdict) -> Iterator[str]:
        yield f"<h3>{self._heading(verdict)}</h3>"
        if verdict.plain is not None:
            word = verdict.plain.value
            meaning = self.say(f"plain_meaning.{word}")
            yield f'<p><span class="word {word}">{self.say(f"plain.{word}")}.</span> {meaning}</p>'
        yield "<dl>"
        for name, shown in self._rows(verdict):
            yield f"<dt>{name}</dt><dd>{shown}</dd>"
        yield "</dl>"

    def _heading(self, verdict: SignatureVerdict) -> str:
        known = verdict.kind in ("signature", "document-timestamp", "remnant")
        return self.say(f"page.{verdict.kind if known else 'signature'}", name=verdict.field or "").strip()

    def _rows(self, verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
        etsi = f"{self.known('indication', verdict.indication.value)} <code>{verdict.indication.value}</code>"
        if verdict.subindication:
            sub = escape(legal(verdict.subindication))
            etsi += f": {self.known('subindication', verdict.subindication)} <code>{sub}</code>"
        yield self.say("page.etsi"), etsi
        if verdict.signer:
            yield self.say("page.signer"), escape(legal(verdict.signer))
        if verdict.signer_subject:
            yield self.say("page.subject"), f"<small>{escape(legal(verdict.signer_subject))}</small>"
        yield from self._times(verdict)
        if verdict.level:
            yield self.say("page.level"), escape(legal(verdict.level))
        if verdict.coverage:
            yield self.say("page.coverage"), self.known("coverage", verdict.coverage)
        if verdict.changed_after:
            yield self.say("page.changed"), self._list(escape(legal(c)) for c in verdict.changed_after)
        elif verdict.indication is Indication.TOTAL_PASSED and verdict.coverage in _WHOLE:
            yield self.say("page.changed"), self.say("page.unchanged")
        yield from self._why(verdict)
        yield from self._digests(verdict)

    def _times(self, verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
        claimed = dict(verdict.claimed_times) or ({"": verdict.signing_time} if verdict.signing_time else {})
        if claimed:
            shown = [f"{self._time(t)} <small>{escape(legal(name))}</small>" for name, t in sorted(claimed.items())]
            yield self.say("page.claimed"), self._list(iter(shown))
        if verdict.best_time is None:
            yield self.say("page.proven"), self.say("page.unproven")
            return
        word, _, name = (verdict.best_time_proof or "").partition(" ")
        proof = f"{self.known('proof', word)} {escape(legal(name))}".strip()
        by = self.say("page.by", proof="\0").replace(legal(chr(0)), proof) if word else ""
        yield self.say("page.proven"), f"{self._time(verdict.best_time)} {by}"

    def _why(self, verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
        if verdict.reasons:
            yield self.say("page.reasons"), self._list(self._told(verdict.reasons, "reason"))
        if verdict.would_help:
            yield self.say("page.helps"), self._list(self._told(verdict.would_help, "helps"))
        notes = [self.policy.practices[name] for name in verdict.practices if name in self.policy.practices]
        if notes:
            lines = (f"{escape(n.vi if self.language == 'vi' else n.en)} <code>{escape(n.name)}</code>" for n in notes)
            yield self.say("page.practices"), self._list(lines)
        if verdict.second_reader:
            said = (f"{escape(legal(k))}: {escape(legal(v))}" for k, v in sorted(verdict.second_reader.items()))
            yield self.say("page.second"), self._list(said)

    def _told(self, reasons: Sequence[str], group: str) -> Iterator[str]:
        """Each sentence once, with the technical details of all reasons that say it."""
        details: dict[str, list[str]] = {}
        for reason in reasons:
            details.setdefault(sentence(reason, self.language, group), []).append(reason)
        for meaning, known in details.items():
            told = "<br>".join(f"<small>{escape(legal(reason))}</small>" for reason in known)
            yield f"{escape(meaning)}<br>{told}" if meaning else told

    def _digests(self, verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
        for key, value in (("trust-set", verdict.trust_set), ("policy-digest", verdict.policy)):
            if value:
                yield self.say(f"page.{key}"), f"<code>{escape(legal(value))}</code>"

    def _list(self, items: Iterator[str]) -> str:
        found = "".join(f"<li>{item}</li>" for item in items)
        return f"<ul>{found}</ul>" if found else ""

    def _time(self, written: str | None) -> str:
        """A time in Vietnamese civil time, and as it stands in the verdict."""
        try:
            moment = datetime.fromisoformat(written or "")
        except ValueError:
            return escape(legal(written or ""))
        if moment.tzinfo is None:
            return escape(legal(written or ""))
        local = moment.astimezone(VIETNAM)
        shown = f"{local:%H:%M:%S %d/%m/%Y}" if self.language == "vi" else f"{local:%Y-%m-%d %H:%M:%S}"
        return f"{shown} ({self.say('page.vietnam')}) <small>{escape(legal(written or ''))}</small>"

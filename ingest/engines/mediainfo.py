"""Films and recordings as libmediainfo reads them: container, codecs, duration, bit rates. The home of pymediainfo.

The library is handed bytes and never a name: a reference from one file to
another, a play list or an address then leads nowhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.engines.inspection import MEDIA_UNKNOWN, Look
from metadata.errors import ToolMissingError, ToolUnreadableError

CURE = "pip install pymediainfo (it brings libmediainfo along)"
_OPTIONS = {"File_TestContinuousFileNames": "0", "Internet": "No"}
_VIDEO, _AUDIO, _WHOLE = "Video", "Audio", "General"
_BITS = 1000


def look(path: Path, found: Look) -> None:
    """Look into the film or recording at `path`.

    What the library does not recognise is told as not measured: that is no proof of damage.

    Raises:
        ToolMissingError: the library is not installed.
        ToolUnreadableError: it answered in a form that is not known here.
    """
    tracks = _tracks(path)
    whole = next((track for track in tracks if track["track_type"] == _WHOLE), {})
    video = next((track for track in tracks if track["track_type"] == _VIDEO), None)
    audio = next((track for track in tracks if track["track_type"] == _AUDIO), None)
    if video is None and audio is None:
        found.warnings.append((MEDIA_UNKNOWN, str(whole.get("format") or "?")))
        return
    measured: dict[str, Any] = {
        "container": str(whole.get("format") or ""),
        "duration_ms": _whole(whole.get("duration") or (video or audio or {}).get("duration")),
    }
    if video is not None:
        # One stream alone has what the whole file has, where the stream itself does not say.
        measured["video_codec"] = str(video.get("format") or "")
        measured["video_kbps"] = _kbps(video, whole if audio is None else {})
    if audio is not None:
        measured["audio_codec"] = _codec(audio)
        measured["audio_kbps"] = _kbps(audio, whole if video is None else {})
    found.measured |= measured


def tool(scratch: Path) -> dict[str, Any]:
    """The library with its version, as `Tool` (a task).

    Raises:
        ToolMissingError: it is not installed.
    """
    del scratch
    try:
        from pymediainfo import MediaInfo, __version__  # noqa: PLC0415
    except ImportError as error:
        raise ToolMissingError("pymediainfo", CURE) from error
    if not MediaInfo.can_parse():
        raise ToolMissingError("libmediainfo", CURE)
    return {"tool": {"name": "pymediainfo", "version": __version__}}


def _tracks(path: Path) -> list[dict[str, Any]]:
    # Loaded in worker processes only, and there only when a film or recording is looked at.
    try:
        from pymediainfo import MediaInfo  # noqa: PLC0415
    except ImportError as error:
        raise ToolMissingError("pymediainfo", CURE) from error
    try:
        with path.open("rb") as stream:
            answer = MediaInfo.parse(stream, mediainfo_options=_OPTIONS)
    except OSError as error:
        if error.errno is None:
            raise ToolMissingError("libmediainfo", CURE) from error
        raise
    except (RuntimeError, ValueError, SyntaxError) as error:
        raise ToolUnreadableError("libmediainfo", str(error)) from error
    return [dict(track.to_data()) for track in answer.tracks]


def _codec(audio: dict[str, Any]) -> str:
    """`MPEG Audio Layer 3` is what people call MP3."""
    return " ".join(str(part) for part in (audio.get("format"), audio.get("format_profile")) if part)


def _kbps(track: dict[str, Any], whole: dict[str, Any]) -> int | None:
    rate = _whole(track.get("bit_rate") or track.get("nominal_bit_rate") or whole.get("overall_bit_rate"))
    return None if rate is None else rate // _BITS


def _whole(value: object) -> int | None:
    """A number out of what the library says; of several (`128000 / 64000`) the first."""
    text = str(value or "").partition("/")[0].strip()
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None

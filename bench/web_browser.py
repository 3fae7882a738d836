"""The first page of a long scan in Debian's Chromium, for `bench/web.py`."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Response, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
RUNS = 5
_MARK = """
const frames = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
const seen = (name) => frames(() => { window[name] ??= performance.now(); });
new MutationObserver((_, me) => {
  const page = document.querySelector('figure[data-page="1"]');
  const image = page?.querySelector("img");
  if (image && !window.watched) {
    window.watched = true;
    // Decoded, and two frames later: on the screen.
    image.decode().then(() => {
      window.pixels = [image.naturalWidth, image.naturalHeight];
      seen("firstSeen");
    }, () => {});
  }
  if (page?.querySelector("canvas")) { seen("firstSeen"); seen("firstDrawn"); me.disconnect(); }
}).observe(document, { childList: true, subtree: true, attributes: true });
"""
"""When the pixels of the page are on the screen, as the server's picture or drawn by the viewer, and when drawn."""

_PICTURE_END = (
    "(performance.getEntriesByType('resource').find((one) => one.name.endsWith('/picture'))?.responseEnd) ?? 0"
)


def first_pages(url: str, path: str, cookies: Mapping[str, str]) -> dict[str, Any]:
    """Milliseconds from the click until the first page is seen; a browser with an empty cache each time.

    Beside it until the viewer has drawn it, and the same of a second look, with what the browser has kept.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        seen = [_look(browser, url, path, cookies) for _ in range(RUNS)]
        browser.close()
    first, again = [one["first_ms"] for one in seen], [one["again_ms"] for one in seen]
    drawn = [one["first_drawn_ms"] for one in seen]
    return {
        "bound_ms": 1000,
        "first_ms": [round(one) for one in first],
        "first_median_ms": round(statistics.median(first)),
        "drawn_median_ms": round(statistics.median(drawn)),
        "again_ms": [round(one) for one in again],
        "again_median_ms": round(statistics.median(again)),
        "html_ms": [round(one["html_ms"]) for one in seen],
        "picture_ms": [round(one["picture_ms"]) for one in seen],
        "picture_pixels": seen[-1]["pixels"],
        "ranges": seen[-1]["ranges"],
        "ranges_kib": round(seen[-1]["bytes"] / 1024),
        "file_mib": round(seen[-1]["whole"] / (1 << 20)),
    }


def _look(browser: Browser, url: str, path: str, cookies: Mapping[str, str]) -> dict[str, Any]:
    context = browser.new_context(locale="vi-VN", viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    page = context.new_page()
    page.add_init_script(_MARK)
    ranges: list[tuple[int, int]] = []

    def note(answer: Response) -> None:
        told = answer.headers.get("content-range", "")
        if "/files/" in answer.url and told:
            span, _, whole = told.removeprefix("bytes ").partition("/")
            start, _, end = span.partition("-")
            ranges.append((int(end) - int(start) + 1, int(whole)))

    page.on("response", note)
    found: dict[str, Any] = {}
    for name in ("first_ms", "again_ms"):
        page.goto(f"{url}{path}")
        page.wait_for_selector('figure[data-page="1"] canvas', state="attached", timeout=60_000)
        page.wait_for_function("window.firstDrawn !== undefined")
        found[name] = page.evaluate("window.firstSeen")
        if name == "first_ms":
            found["first_drawn_ms"] = page.evaluate("window.firstDrawn")
            found["pixels"] = page.evaluate("window.pixels ?? null")
            found["picture_ms"] = page.evaluate(_PICTURE_END)
            found["html_ms"] = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
            page.wait_for_timeout(500)
            found |= {"ranges": len(ranges), "bytes": sum(size for size, _ in ranges)}
            found["whole"] = ranges[0][1] if ranges else 0
    context.close()
    return found

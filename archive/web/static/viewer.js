// Pages of one document: PDF by PDF.js, pictures, text; hits are boxes of words laid over the page.
import { getDocument, GlobalWorkerOptions } from "./vendor/pdfjs/pdf.min.mjs";

GlobalWorkerOptions.workerSrc = new URL("./vendor/pdfjs/pdf.worker.min.mjs", import.meta.url).href;

const KEPT = 8; // Drawn pages that are kept; older ones give their memory back.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

// Fills one viewer; a page may get another one while it is open.
export function start(viewer) {
  if (viewer.dataset.started) return;
  viewer.dataset.started = "yes";
  const pages = viewer.querySelector(".pages");
  const pageInput = viewer.querySelector("#page");
  const hitting = viewer.querySelector(".hitting");
  const hitOutput = viewer.querySelector("#hit");
  const view = JSON.parse(viewer.dataset.view);
  const leaves = new Map(); // page number -> {figure, sheet, draw, drawn}
  const drawn = []; // numbers of drawn pages, oldest first
  let zoom = 1;
  let beside = false; // whether the text of a page stands beside its picture
  let hits = []; // [{page, marks}]
  let here = -1;
  let sized = room(); // what the pages were made for
  let strip = null; // small pictures of the pages, once somebody asks for them

  function leaf(number, ratio) {
    const known = leaves.get(number);
    if (known) {
      known.ratio ||= ratio;
      size(known);
      return known;
    }
    const paper = element("div", { className: "paper" });
    const sheet = element("div", { className: "sheet" }, paper);
    const text = element("div", { className: "text" });
    const details = element("details", {}, element("summary", { textContent: viewer.dataset.pageText }), text);
    details.addEventListener("toggle", () => details.open && showText(number, text), { once: true });
    const caption = element("figcaption", {}, element("span", { textContent: viewer.dataset.pageName.replace("{}", number) }), details);
    const figure = element("figure", { className: "leaf", id: `page-${number}` }, sheet, caption);
    figure.dataset.page = number;
    const entry = { number, figure, sheet, paper, details, ratio, turn: 0, draw: null, small: null, drawn: false };
    leaves.set(number, entry);
    size(entry);
    return entry;
  }

  // The page that was asked for came with the document, as a picture: it is seen, and marked, until its own is drawn.
  function takeAhead() {
    const came = pages.querySelector("figure.ahead");
    const image = came?.querySelector("img.ahead");
    if (!image) return null;
    const entry = leaf(Number(came.dataset.page), 0);
    const known = () => {
      if (image.isConnected && image.naturalWidth) entry.ratio ||= image.naturalWidth / image.naturalHeight;
    };
    image.addEventListener("load", known, { once: true });
    image.addEventListener("error", () => image.remove(), { once: true });
    entry.paper.append(image);
    came.replaceWith(entry.figure);
    if (image.complete) image.naturalWidth ? known() : image.remove();
    return entry;
  }

  // What comes in above the page that is being read pushes it nowhere.
  function put(figures) {
    const before = ahead?.figure.getBoundingClientRect().top;
    pages.append(...figures);
    if (ahead) pages.scrollTop += ahead.figure.getBoundingClientRect().top - before;
  }

  function room() {
    return Math.max(200, Math.min(pages.clientWidth - 32, beside ? 1800 : 1000));
  }

  // Asking for the room makes the browser lay out anew whatever has changed: for many pages it is asked for once.
  function size(entry, whole = room()) {
    entry.width = (beside ? whole / 2 : whole) * zoom;
    entry.figure.style.width = `${beside ? entry.width * 2 : entry.width}px`;
    const lies = entry.turn % 180 !== 0;
    if (entry.ratio) entry.sheet.style.aspectRatio = `${lies ? 1 / entry.ratio : entry.ratio}`;
    // Marks lie on the paper and turn with it.
    entry.sheet.classList.toggle("turned", entry.turn !== 0);
    const across = lies ? entry.ratio : 1;
    Object.assign(entry.paper.style, entry.turn
      ? { width: `${across * 100}%`, height: `${100 / across}%`, transform: `translate(-50%, -50%) rotate(${entry.turn}deg)` }
      : { width: "", height: "", transform: "" });
  }

  function turn() {
    const entry = leaves.get(Number(pageInput.value));
    const image = entry?.paper.querySelector("img");
    if (image?.naturalWidth) entry.ratio = image.naturalWidth / image.naturalHeight;
    if (!entry?.ratio) return;
    entry.turn = (entry.turn + 90) % 360;
    redraw();
  }

  async function showText(number, target) {
    const answer = await fetch(`${view.base}/pages/${number}/text?q=${encodeURIComponent(view.query)}`);
    const page = answer.ok ? await answer.json() : { text: "", hits: [] };
    // Offsets count characters, not UTF-16 units.
    const letters = [...page.text];
    let at = 0;
    target.replaceChildren();
    for (const hit of page.hits) {
      if (hit.start < at) continue;
      target.append(letters.slice(at, hit.start).join(""), element("mark", { textContent: letters.slice(hit.start, hit.end).join("") }));
      at = hit.end;
    }
    target.append(letters.slice(at).join("") || viewer.dataset.noText);
  }

  async function openPdf(file) {
    const pdf = await getDocument({
      url: file.url,
      httpHeaders: { "Luutru-Looking": "1" },
      wasmUrl: new URL("./vendor/pdfjs/wasm/", import.meta.url).href,
      isEvalSupported: false,
      enableXfa: false,
      disableAutoFetch: true,
      disableStream: true,
      rangeChunkSize: 1 << 18,
    }).promise;
    const first = await pdf.getPage(1);
    const { width, height } = first.getViewport({ scale: 1 });
    const figures = [];
    for (let index = 1; index <= pdf.numPages; index += 1) {
      const entry = leaf(file.first + index - 1, width / height);
      const picture = async (page, width) => {
        const scale = width / page.getViewport({ scale: 1 }).width;
        const viewport = page.getViewport({ scale: scale * Math.min(window.devicePixelRatio || 1, 2) });
        const canvas = element("canvas", { width: Math.round(viewport.width), height: Math.round(viewport.height) });
        await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
        return canvas;
      };
      entry.draw = async () => {
        const page = await pdf.getPage(index);
        const plain = page.getViewport({ scale: 1 });
        entry.ratio = plain.width / plain.height;
        size(entry);
        const canvas = await picture(page, entry.turn % 180 ? entry.width * entry.ratio : entry.width);
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", viewer.dataset.pageName.replace("{}", entry.number));
        for (const before of entry.paper.querySelectorAll("canvas, img.ahead")) before.remove();
        entry.paper.prepend(canvas);
        page.cleanup();
      };
      entry.small = async (width) => picture(await pdf.getPage(index), width);
      figures.push(entry.figure);
    }
    put(figures);
  }

  function openImage(file) {
    const entry = leaf(file.first, 0);
    const image = element("img", { src: file.url, alt: viewer.dataset.pageName.replace("{}", file.first) });
    image.addEventListener("error", () => entry.figure.prepend(element("p", { className: "note", textContent: viewer.dataset.broken })));
    const before = entry.paper.querySelector("img.ahead");
    if (before) image.decode().then(() => before.replaceWith(image), () => {});
    else entry.paper.prepend(image);
    entry.draw = async () => {};
    entry.small = async () => element("img", { src: file.url, alt: "" });
    put([entry.figure]);
  }

  function openText(file) {
    const figures = [];
    for (let number = file.first; number < file.first + Math.max(1, file.pages); number += 1) {
      const entry = leaf(number, 0);
      if (!entry.paper.querySelector("img.ahead")) entry.sheet.remove();
      entry.details.open = true;
      figures.push(entry.figure);
    }
    put(figures);
  }

  const watcher = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(Number(entry.target.dataset.page))),
    { root: pages, rootMargin: "600px" },
  );

  // Who is watched already is told nothing when asked for again: one page may have come into sight before it could be drawn.
  function watch(entry) {
    watcher.unobserve(entry.figure);
    watcher.observe(entry.figure);
  }

  async function draw(number) {
    const entry = leaves.get(number);
    if (!entry?.draw || entry.drawn) return;
    entry.drawn = true;
    try {
      await entry.draw();
    } catch (error) {
      // The picture that came first may be all there is of it.
      if (!entry.paper.querySelector("img.ahead")) entry.paper.replaceChildren(element("p", { className: "note", textContent: viewer.dataset.broken }));
      throw error;
    }
    drawn.push(number);
    entry.figure.dataset.drawn = "yes";
    while (drawn.length > KEPT) {
      const old = leaves.get(drawn.shift());
      if (old !== entry && Math.abs(old.number - number) > 2) {
        old.paper.querySelector("canvas")?.remove();
        old.drawn = false;
        delete old.figure.dataset.drawn;
        watch(old);
      }
    }
  }

  async function findHits() {
    if (!view.query) return [];
    const answer = await fetch(`${view.base}/hits?q=${encodeURIComponent(view.query)}`);
    return answer.ok ? (await answer.json()).items : [];
  }

  function tellHits(found) {
    for (const { page, hits: places } of found) {
      for (const place of places) {
        const marks = place.boxes.map(([left, top, right, bottom]) => {
          const box = element("div", { className: "hit", title: place.text });
          Object.assign(box.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
          return box;
        });
        hits.push({ page, marks });
      }
    }
    hitting.hidden = !view.query;
    hitOutput.textContent = hits.length ? `0/${hits.length}` : viewer.dataset.noHits;
  }

  // On the pages that are there by now.
  function mark() {
    for (const { page, marks } of hits) leaves.get(page)?.paper.append(...marks);
  }

  // The hit that is shown first: on the page that was asked for, or of all.
  function firstHit() {
    return view.page ? hits.findIndex((hit) => hit.page === view.page) : 0;
  }

  // Scrolls the pages and nothing else: the title of the document stays where it is.
  function show(target, margin) {
    pages.scrollTop += target.getBoundingClientRect().top - pages.getBoundingClientRect().top - margin;
  }

  function goTo(number) {
    const entry = leaves.get(number);
    if (!entry) return;
    show(entry.figure, 12);
    draw(number);
    tell(number);
  }

  // Which page is read stands in its field, in the strip, and in the address: whoever gets it sees the same page.
  let telling;
  function tell(number) {
    pageInput.value = number;
    strip?.tell(number);
    clearTimeout(telling);
    telling = setTimeout(() => {
      const address = new URL(window.location.href);
      if (!viewer.isConnected || Number(address.searchParams.get(viewer.dataset.param) ?? 1) === number) return;
      if (number > 1) address.searchParams.set(viewer.dataset.param, number);
      else address.searchParams.delete(viewer.dataset.param);
      window.history.replaceState(window.history.state, "", address);
    }, 250);
  }

  async function showStrip(button) {
    const { Strip } = await import("./strip.js");
    strip ??= new Strip(viewer, [...leaves.values()], goTo);
    button.setAttribute("aria-pressed", String(strip.toggle()));
    strip.tell(Number(pageInput.value));
    redraw();
  }

  async function goToHit(index) {
    if (!hits.length) return;
    hits[here]?.marks.forEach((box) => box.classList.remove("here"));
    here = (index + hits.length) % hits.length;
    const hit = hits[here];
    hit.marks.forEach((box) => box.classList.add("here"));
    hitOutput.textContent = `${here + 1}/${hits.length}`;
    await draw(hit.page);
    if (hit.marks[0]) show(hit.marks[0], pages.clientHeight / 3);
    else if (leaves.has(hit.page)) {
      // No box is known for the word, as in text that came from a word processor: its page and text are shown.
      leaves.get(hit.page).details.open = true;
      show(leaves.get(hit.page).figure, 12);
    }
  }

  function redraw() {
    const number = Number(pageInput.value);
    const whole = room();
    sized = whole;
    for (const entry of leaves.values()) {
      size(entry, whole);
      entry.drawn = false;
      watch(entry);
    }
    drawn.length = 0;
    goTo(number);
  }

  viewer.addEventListener("click", (event) => {
    const action = event.target.closest("[data-do]")?.dataset.do;
    if (action === "next") goToHit(here + 1);
    if (action === "previous") goToHit(here - 1);
    if (action === "in") zoom = Math.min(4, zoom * 1.25);
    if (action === "out") zoom = Math.max(0.4, zoom / 1.25);
    if (action === "fit") zoom = 1;
    if (action === "turn") turn();
    if (action === "strip") showStrip(event.target.closest("button"));
    if (action === "text") {
      beside = !beside;
      event.target.closest("button").setAttribute("aria-pressed", String(beside));
      pages.classList.toggle("texted", beside);
      for (const entry of leaves.values()) entry.details.open = beside;
    }
    if (["in", "out", "fit", "text"].includes(action)) redraw();
  });
  pageInput.addEventListener("change", () => goTo(Number(pageInput.value)));
  pages.addEventListener("scroll", () => {
    const top = pages.getBoundingClientRect().top + 80;
    for (const entry of leaves.values()) {
      const box = entry.figure.getBoundingClientRect();
      if (box.top <= top && box.bottom > top) {
        if (Number(pageInput.value) !== entry.number) tell(entry.number);
        break;
      }
    }
  }, { passive: true });
  let waiting;
  // On a phone the window grows and shrinks in height whenever one scrolls.
  function resized() {
    // Another document may have taken its place.
    if (!viewer.isConnected) return window.removeEventListener("resize", resized);
    clearTimeout(waiting);
    waiting = setTimeout(() => room() !== sized && redraw(), 250);
  }
  window.addEventListener("resize", resized);

  async function open() {
    const loading = pages.querySelector(".loading");
    let opened = false;
    const finding = findHits().then((found) => {
      tellHits(found);
      mark();
      if (!opened && ahead && hits[firstHit()]?.page === ahead.number) goToHit(firstHit());
    });
    finding.catch(() => {}); // Told where it is waited for.
    for (const file of view.files) {
      try {
        if (file.kind === "pdf") await openPdf(file);
        else if (file.kind === "image") openImage(file);
        else openText(file);
      } catch (error) {
        console.warn(error);
        pages.append(element("p", { className: "note", textContent: viewer.dataset.broken }));
        openText(file);
      }
    }
    opened = true;
    loading.remove();
    leaves.forEach(watch);
    mark();
    await finding;
    if (here < 0 && hits[firstHit()]) await goToHit(firstHit());
    else if (here < 0 && view.page && view.page !== ahead?.number) goTo(view.page);
    viewer.dataset.ready = "yes";
  }

  const ahead = takeAhead();
  open();
}

for (const viewer of document.querySelectorAll(".viewer[data-view]")) start(viewer);

// Pages of one document: PDF by PDF.js, pictures, text; hits are boxes of words laid over the page.
import { getDocument, GlobalWorkerOptions } from "/static/vendor/pdfjs/pdf.min.mjs";

GlobalWorkerOptions.workerSrc = "/static/vendor/pdfjs/pdf.worker.min.mjs";

const KEPT = 8; // Drawn pages that are kept; older ones give their memory back.
const viewer = document.getElementById("viewer");
const pages = document.getElementById("pages");
const pageInput = document.getElementById("page");
const hitting = viewer.querySelector(".hitting");
const hitOutput = document.getElementById("hit");
const view = JSON.parse(viewer.dataset.view);
const leaves = new Map(); // page number -> {figure, sheet, draw, drawn}
const drawn = []; // numbers of drawn pages, oldest first
let zoom = 1;
let hits = []; // [{page, boxes, marks}]
let here = -1;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

function leaf(number, ratio) {
  const sheet = element("div", { className: "sheet" });
  const text = element("div", { className: "text" });
  const details = element("details", {}, element("summary", { textContent: viewer.dataset.pageText }), text);
  details.addEventListener("toggle", () => details.open && showText(number, text), { once: true });
  const caption = element("figcaption", {}, element("span", { textContent: viewer.dataset.pageName.replace("{}", number) }), details);
  const figure = element("figure", { className: "leaf", id: `page-${number}` }, sheet, caption);
  figure.dataset.page = number;
  const entry = { number, figure, sheet, details, ratio, draw: null, drawn: false };
  leaves.set(number, entry);
  size(entry);
  return entry;
}

function size(entry) {
  const width = Math.max(200, Math.min(pages.clientWidth - 32, 1000)) * zoom;
  entry.width = width;
  entry.figure.style.width = `${width}px`;
  if (entry.ratio) entry.sheet.style.aspectRatio = `${entry.ratio}`;
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
    wasmUrl: "/static/vendor/pdfjs/wasm/",
    isEvalSupported: false,
    enableXfa: false,
    disableAutoFetch: true,
    disableStream: true,
    rangeChunkSize: 1 << 18,
  }).promise;
  const first = await pdf.getPage(1);
  const { width, height } = first.getViewport({ scale: 1 });
  for (let index = 1; index <= pdf.numPages; index += 1) {
    const entry = leaf(file.first + index - 1, width / height);
    entry.draw = async () => {
      const page = await pdf.getPage(index);
      const plain = page.getViewport({ scale: 1 });
      entry.ratio = plain.width / plain.height;
      size(entry);
      const scale = (entry.width / plain.width) * Math.min(window.devicePixelRatio || 1, 2);
      const viewport = page.getViewport({ scale });
      const canvas = element("canvas", { width: Math.round(viewport.width), height: Math.round(viewport.height) });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", viewer.dataset.pageName.replace("{}", entry.number));
      await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
      entry.sheet.querySelector("canvas")?.remove();
      entry.sheet.prepend(canvas);
      page.cleanup();
    };
    pages.append(entry.figure);
  }
}

function openImage(file) {
  const entry = leaf(file.first, 0);
  const image = element("img", { src: file.url, alt: viewer.dataset.pageName.replace("{}", file.first) });
  image.addEventListener("error", () => entry.figure.prepend(element("p", { className: "note", textContent: viewer.dataset.broken })));
  entry.sheet.append(image);
  entry.draw = async () => {};
  pages.append(entry.figure);
}

function openText(file) {
  for (let number = file.first; number < file.first + Math.max(1, file.pages); number += 1) {
    const entry = leaf(number, 0);
    entry.sheet.remove();
    entry.details.open = true;
    pages.append(entry.figure);
  }
}

const watcher = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(Number(entry.target.dataset.page))),
  { root: pages, rootMargin: "600px" },
);

async function draw(number) {
  const entry = leaves.get(number);
  if (!entry?.draw || entry.drawn) return;
  entry.drawn = true;
  try {
    await entry.draw();
  } catch (error) {
    entry.sheet.replaceChildren(element("p", { className: "note", textContent: viewer.dataset.broken }));
    throw error;
  }
  drawn.push(number);
  entry.figure.dataset.drawn = "yes";
  while (drawn.length > KEPT) {
    const old = leaves.get(drawn.shift());
    if (old !== entry && Math.abs(old.number - number) > 2) {
      old.sheet.querySelector("canvas")?.remove();
      old.drawn = false;
      delete old.figure.dataset.drawn;
      watcher.unobserve(old.figure);
      watcher.observe(old.figure);
    }
  }
}

async function mark() {
  if (!view.query) return;
  const answer = await fetch(`${view.base}/hits?q=${encodeURIComponent(view.query)}`);
  const found = answer.ok ? (await answer.json()).items : [];
  for (const { page, hits: places } of found) {
    const entry = leaves.get(page);
    for (const place of places) {
      const marks = place.boxes.map(([left, top, right, bottom]) => {
        const box = element("div", { className: "hit", title: place.text });
        Object.assign(box.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
        return box;
      });
      entry?.sheet.append(...marks);
      hits.push({ page, marks });
    }
  }
  hitting.hidden = false;
  hitOutput.textContent = hits.length ? `0/${hits.length}` : viewer.dataset.noHits;
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
  for (const entry of leaves.values()) {
    size(entry);
    entry.drawn = false;
    watcher.unobserve(entry.figure);
    watcher.observe(entry.figure);
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
  if (["in", "out", "fit"].includes(action)) redraw();
});
pageInput.addEventListener("change", () => goTo(Number(pageInput.value)));
pages.addEventListener("scroll", () => {
  const top = pages.getBoundingClientRect().top + 80;
  for (const entry of leaves.values()) {
    const box = entry.figure.getBoundingClientRect();
    if (box.top <= top && box.bottom > top) {
      pageInput.value = entry.number;
      break;
    }
  }
}, { passive: true });
let waiting;
window.addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(redraw, 250);
});

async function open() {
  const loading = pages.querySelector(".loading");
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
  loading.remove();
  for (const entry of leaves.values()) watcher.observe(entry.figure);
  await mark();
  const first = view.page ? hits.findIndex((hit) => hit.page >= view.page) : 0;
  if (hits.length) await goToHit(Math.max(0, first));
  else if (view.page) goTo(view.page);
  viewer.dataset.ready = "yes";
}

open();

// Pages of one file before and after what was added behind a signature; what differs is marked on the later ones.
import { getDocument, GlobalWorkerOptions } from "./vendor/pdfjs/pdf.min.mjs";

GlobalWorkerOptions.workerSrc = new URL("./vendor/pdfjs/pdf.worker.min.mjs", import.meta.url).href;

const section = document.querySelector(".compare");
const status = section.querySelector("[role=status]");
const said = section.dataset;
const WIDTH = 900; // Points across that are compared; enough for a comma.
const FAR = 48; // How far a colour may differ, of 765: what drawing twice may do.
const CELL = 8; // Side of the squares that are marked.

function open(url) {
  const wasmUrl = new URL("./vendor/pdfjs/wasm/", import.meta.url).href;
  return getDocument({ url, wasmUrl, isEvalSupported: false, enableXfa: false, disableRange: true }).promise;
}

function canvas(width, height, label) {
  const made = Object.assign(document.createElement("canvas"), { width, height });
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", label);
  return made;
}

async function draw(pdf, number, label) {
  const page = await pdf.getPage(number);
  const plain = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: WIDTH / plain.width });
  const made = canvas(Math.round(viewport.width), Math.round(viewport.height), label);
  await page.render({ canvas: made, canvasContext: made.getContext("2d", { willReadFrequently: true }), viewport }).promise;
  page.cleanup();
  return made;
}

// Marks what differs on `after`; true when anything does.
function mark(before, after) {
  if (before.width !== after.width || before.height !== after.height) return true;
  const { width, height } = after;
  const ink = after.getContext("2d");
  const old = before.getContext("2d").getImageData(0, 0, width, height).data;
  const now = ink.getImageData(0, 0, width, height).data;
  const cells = new Set();
  const across = Math.ceil(width / CELL);
  for (let at = 0; at < now.length; at += 4) {
    const far = Math.abs(old[at] - now[at]) + Math.abs(old[at + 1] - now[at + 1]) + Math.abs(old[at + 2] - now[at + 2]);
    if (far > FAR) {
      const place = at / 4;
      cells.add(Math.floor(Math.floor(place / width) / CELL) * across + Math.floor((place % width) / CELL));
    }
  }
  // Like a marker pen: what stands below stays readable.
  ink.globalCompositeOperation = "multiply";
  ink.fillStyle = "rgb(255 176 64)";
  for (const cell of cells) ink.fillRect((cell % across) * CELL, Math.floor(cell / across) * CELL, CELL, CELL);
  ink.globalCompositeOperation = "source-over";
  return cells.size > 0;
}

function figure(drawn, words) {
  const made = document.createElement("figure");
  made.append(drawn, Object.assign(document.createElement("figcaption"), { textContent: words }));
  return made;
}

async function compare() {
  const [before, after] = await Promise.all([open(said.before), open(said.after)]);
  const pages = Math.max(before.numPages, after.numPages);
  let changed = 0;
  for (let number = 1; number <= pages; number += 1) {
    const name = said.page.replace("{}", number);
    const left = number <= before.numPages ? await draw(before, number, `${name}, ${said.saidBefore}`) : null;
    const right = number <= after.numPages ? await draw(after, number, `${name}, ${said.saidAfter}`) : null;
    const differs = left && right ? mark(left, right) : true;
    changed += differs ? 1 : 0;
    const words = left && right ? (differs ? said.differs : said.same) : right ? said.onlyAfter : said.onlyBefore;
    const row = Object.assign(document.createElement("section"), { className: differs ? "pair differs" : "pair" });
    row.append(Object.assign(document.createElement("h2"), { textContent: `${name}: ${words}` }));
    if (left) row.append(figure(left, said.saidBefore));
    if (right) row.append(figure(right, said.saidAfter));
    section.append(row);
  }
  status.textContent = said.done.replace("{changed}", changed).replace("{pages}", pages);
  section.dataset.ready = "yes";
}

compare().catch((error) => {
  status.textContent = said.broken;
  throw error;
});

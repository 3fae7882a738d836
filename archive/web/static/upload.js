// Handing in: a ZIP in one call, a folder file by file; what breaks off goes on where it was.
const API = "/api/v1/submissions";
const PARALLEL = 3;
const TRIES = 6;
const drop = document.getElementById("drop");
const sending = drop.querySelector(".sending");
const said = document.getElementById("sending");
const bar = document.getElementById("sent");
const refused = document.getElementById("refused");
let running = null;

class Refused extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const lang = document.documentElement.lang;

// XMLHttpRequest tells how far a body has gone; fetch does not.
function send(method, url, body, headers, signal, tell) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Accept-Language", lang);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => tell(event.loaded));
    request.addEventListener("load", () => {
      const json = request.responseText ? JSON.parse(request.responseText) : {};
      if (request.status < 300) done({ json, request });
      // 409 while a file goes up: the broken connection before this one has not been noticed yet.
      else if (request.status >= 500 || (method === "PUT" && request.status === 409)) failed(new Error(json.title || request.statusText));
      else failed(new Refused(json));
    });
    request.addEventListener("error", () => failed(new Error("network")));
    request.addEventListener("abort", () => failed(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

async function patiently(attempt, signal) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt(tried);
    } catch (error) {
      if (error instanceof Refused || error.name === "AbortError" || signal.aborted || tried >= TRIES) throw error;
      said.textContent = drop.dataset.retrying;
      await pause(400 * 2 ** tried);
    }
  }
}

async function offsetOf(url, signal) {
  const answer = await fetch(url, { method: "HEAD", signal, cache: "no-store" });
  return answer.ok ? Number(answer.headers.get("Upload-Offset")) : 0;
}

async function sendFile(base, { file, path }, signal, tell) {
  const url = base + path.split("/").map(encodeURIComponent).join("/");
  await patiently(async (tried) => {
    const offset = tried > 1 ? await offsetOf(url, signal) : 0;
    const headers = offset ? { "Upload-Offset": String(offset) } : {};
    await send("PUT", url, offset ? file.slice(offset) : file, headers, signal, (loaded) => tell(offset + loaded));
    tell(file.size);
  }, signal);
}

function agency() {
  const chosen = document.getElementById("agency")?.value;
  return chosen ? `&agency=${encodeURIComponent(chosen)}` : "";
}

function showProgress(sizes, total, words) {
  const sum = [...sizes.values()].reduce((before, one) => before + one, 0);
  bar.value = total ? Math.min(1, sum / total) : 1;
  said.textContent = `${words} · ${Math.round(bar.value * 100)} %`;
}

async function handInZip(file, signal) {
  const key = crypto.randomUUID();
  const tell = (loaded) => showProgress(new Map([[file, loaded]]), file.size, loaded < file.size ? drop.dataset.uploading : drop.dataset.checking);
  const url = `${API}?name=${encodeURIComponent(file.name)}${agency()}`;
  const headers = { "Content-Type": "application/zip", "Idempotency-Key": key };
  return (await patiently(() => send("POST", url, file, headers, signal, tell), signal)).json;
}

async function handInFiles(files, signal) {
  const name = files[0].path.includes("/") ? files[0].path.split("/")[0] : "";
  const begun = await patiently(() => send("POST", API, JSON.stringify({ name }), { "Content-Type": "application/json" }, signal, () => {}), signal);
  const sizes = new Map();
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  const queue = [...files];
  let done = 0;
  const words = () => `${drop.dataset.uploading} ${drop.dataset.filesOf.replace("{done}", done).replace("{total}", files.length)}`;
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const entry = next;
      await sendFile(begun.json.files, entry, signal, (size) => {
        sizes.set(entry, size);
        showProgress(sizes, total, words());
      });
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  said.textContent = drop.dataset.checking;
  return (await patiently(() => send("POST", `${begun.json.commit}?${agency().slice(1)}`, null, {}, signal, () => {}), signal)).json;
}

function showRefusal(error) {
  const problem = error.problem ?? { title: error.message, findings: [] };
  refused.replaceChildren(Object.assign(document.createElement("b"), { textContent: `${drop.dataset.failed}: ${problem.title}` }));
  const list = document.createElement("ul");
  for (const finding of problem.findings ?? []) list.append(Object.assign(document.createElement("li"), { textContent: `${finding.rule} ${finding.message}` }));
  if (!list.children.length && problem.detail) list.append(Object.assign(document.createElement("li"), { textContent: problem.detail }));
  refused.append(list);
  refused.hidden = false;
}

async function handIn(files) {
  if (!files.length || running) return;
  running = new AbortController();
  refused.hidden = true;
  sending.hidden = false;
  bar.value = 0;
  try {
    const zip = files.length === 1 && /\.zip$/i.test(files[0].file.name);
    const answer = zip ? await handInZip(files[0].file, running.signal) : await handInFiles(files, running.signal);
    window.location.assign(answer.page);
  } catch (error) {
    if (error.name !== "AbortError") showRefusal(error);
    sending.hidden = true;
  } finally {
    running = null;
  }
}

async function walk(entry, path, found) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    found.push({ file, path: path + entry.name });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives at most a hundred entries a call.
    const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!entries.length) return;
    for (const child of entries) await walk(child, `${path}${entry.name}/`, found);
  }
}

for (const id of ["folder", "files"]) {
  document.getElementById(id).addEventListener("change", (event) => {
    handIn([...event.target.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
    event.target.value = "";
  });
}
document.getElementById("cancel").addEventListener("click", () => running?.abort());
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  handIn(found);
});

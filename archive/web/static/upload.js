// Handing in: files go up by the tus protocol, piece by piece with a digest; what breaks off goes on where it was,
// also after a restart of the browser: the server knows the same choice of files again by its fingerprint.
const API = "/api/v1/submissions";
const PARALLEL = 3;
const PIECE_BYTES = 8 << 20;
const SECOND = 1000;
// Forty minutes without any progress; then it waits for the person, or for the line to come back.
const DELAYS = [500, 1, 2, 4, 8, 15, ...Array.from({ length: 80 }, () => 30)].map((wait) => (wait < 100 ? wait * SECOND : wait));
const AGAIN = new Set([408, 409, 423, 429, 460]);

const box = document.getElementById("drop");
const panel = box.querySelector(".sending");
const said = document.getElementById("sending");
const bar = document.getElementById("sent");
const list = document.getElementById("sending-files");
const refused = document.getElementById("refused");
const buttons = Object.fromEntries(["pause", "resume", "cancel"].map((id) => [id, document.getElementById(id)]));
const lang = document.documentElement.lang;
let running = null;

class Refused extends Error {
  constructor(problem) {
    super(problem.title || problem.detail || "?");
    this.problem = problem;
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function problemOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

async function ask(method, url, body) {
  for (let tried = 0; ; tried += 1) {
    try {
      const headers = { "Accept-Language": lang, ...(body ? { "Content-Type": "application/json" } : {}) };
      const answer = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : undefined, cache: "no-store" });
      const json = problemOf(await answer.text());
      if (answer.ok) return { json, status: answer.status };
      if (answer.status < 500 && answer.status !== 429) throw new Refused(json);
      if (tried >= DELAYS.length) throw new Refused(json);
    } catch (error) {
      if (error instanceof Refused || tried >= DELAYS.length || running?.cancelled) throw error;
      tell(box.dataset.retrying);
    }
    await pause(DELAYS[tried]);
  }
}

const tell = (words) => {
  said.textContent = words;
};

// A page that did not come by TLS or from this machine has no digests of its own; the server then makes them alone.
const digests = globalThis.crypto?.subtle;
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

async function fingerprint(files) {
  const lines = files.map(({ file, path }) => `${path}\t${file.size}\t${file.lastModified}`).sort();
  if (!digests) return "";
  const digest = await digests.digest("SHA-256", new TextEncoder().encode(lines.join("\n")));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Gives pieces of a file together with their digests.
class Pieces {
  constructor(file) {
    this.file = file;
    this.size = file.size;
    this.digest = "";
  }

  async slice(start, end) {
    const value = this.file.slice(start, end);
    this.digest = digests ? base64(await digests.digest("SHA-256", await value.arrayBuffer())) : "";
    return { value, done: end >= this.size };
  }

  close() {}
}

class Sending {
  constructor(files) {
    this.files = files;
    this.total = files.reduce((sum, { file }) => sum + file.size, 0);
    this.sent = new Map();
    this.done = 0;
    this.active = new Map();
    this.cancelled = false;
    this.paused = false;
    this.gate = Promise.resolve();
    this.href = "";
  }

  hold() {
    if (this.paused) return;
    this.paused = true;
    this.gate = new Promise((open) => {
      this.open = open;
    });
    for (const upload of this.active.values()) upload.abort();
    this.show();
  }

  goOn() {
    if (!this.paused) return;
    this.paused = false;
    this.open();
    for (const upload of this.active.values()) upload.start();
    this.show();
  }

  // The line is back: nobody waits for the next try.
  async hurry() {
    if (this.paused || this.cancelled) return;
    for (const upload of this.active.values()) {
      await upload.abort();
      upload.start();
    }
  }

  async cancel() {
    this.cancelled = true;
    this.open?.();
    for (const [entry, upload] of this.active) {
      upload.abort();
      entry.stop(new DOMException("", "AbortError"));
    }
    if (this.href) await fetch(this.href, { method: "DELETE" }).catch(() => {});
  }

  show() {
    const sum = [...this.sent.values()].reduce((before, one) => before + one, 0);
    bar.value = this.total ? Math.min(1, sum / this.total) : 1;
    const words = this.paused ? box.dataset.paused : box.dataset.uploading;
    const files = box.dataset.filesOf.replace("{done}", this.done).replace("{total}", this.files.length);
    tell(`${words} ${files} · ${Math.round(bar.value * 100)} %`);
    buttons.pause.hidden = this.paused;
    buttons.resume.hidden = !this.paused;
  }

  async run() {
    const [first] = this.files;
    const name = first.path.includes("/") || this.files.length === 1 ? first.path.split("/")[0] : "";
    const begun = await ask("POST", API, { name, fingerprint: await fingerprint(this.files) });
    this.href = begun.json.href;
    const known = new Map();
    if (begun.status === 200) {
      const { json } = await ask("GET", this.href);
      for (const file of json.files) known.set(file.path, file);
    }
    const queue = [...this.files];
    const worker = async () => {
      for (let entry = queue.shift(); entry; entry = queue.shift()) {
        await this.gate;
        if (this.cancelled) throw new DOMException("", "AbortError");
        await this.sendFile(entry, begun.json.uploads, known.get(entry.path));
        this.done += 1;
        this.show();
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    tell(box.dataset.checking);
    buttons.pause.hidden = true;
    const chosen = document.getElementById("agency")?.value;
    const query = chosen ? `?agency=${encodeURIComponent(chosen)}` : "";
    return (await ask("POST", `${begun.json.commit}${query}`)).json;
  }

  sendFile(entry, uploads, known) {
    const { file, path } = entry;
    const there = (bytes) => {
      this.sent.set(entry, bytes);
      this.show();
    };
    if (known?.complete && known.bytes === file.size) {
      there(file.size);
      return Promise.resolve();
    }
    const endpoint = new URL(uploads, location.href).href;
    const row = rowOf(path, file.size);
    return new Promise((done, failed) => {
      const source = new Pieces(file);
      entry.stop = failed;
      const upload = new globalThis.tus.Upload(file, {
        endpoint,
        uploadUrl: known?.resumable && known.length === file.size ? `${endpoint}/${known.resumable}` : null,
        chunkSize: PIECE_BYTES,
        uploadDataDuringCreation: true,
        storeFingerprintForResuming: false,
        retryDelays: DELAYS,
        metadata: { path },
        headers: { "Accept-Language": lang },
        fileReader: { openFile: async () => source },
        onBeforeRequest: (request) => {
          const body = request.getMethod() === "PATCH" || (request.getMethod() === "POST" && file.size);
          if (body && source.digest) request.setHeader("Upload-Checksum", `sha256 ${source.digest}`);
        },
        onProgress: (bytes) => {
          row.show(bytes);
          there(bytes);
        },
        onShouldRetry: (error) => {
          const status = error.originalResponse?.getStatus() ?? 0;
          const again = !this.cancelled && (!status || status >= 500 || AGAIN.has(status));
          if (again) tell(box.dataset.retrying);
          return again;
        },
        onError: (error) => failed(new Refused(refusalOf(error, path))),
        onSuccess: () => done(),
      });
      this.active.set(entry, upload);
      upload.start();
    }).finally(() => {
      this.active.delete(entry);
      row.remove();
      there(file.size);
    });
  }
}

function refusalOf(error, path) {
  const problem = problemOf(error.originalResponse?.getBody() ?? "");
  return { ...problem, title: `${path}: ${problem.title ?? box.dataset.failed}` };
}

function rowOf(path, size) {
  const row = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { textContent: path });
  const own = Object.assign(document.createElement("progress"), { max: size || 1, value: 0 });
  own.setAttribute("aria-label", path);
  row.append(name, own);
  list.append(row);
  return {
    show: (bytes) => {
      own.value = bytes;
    },
    remove: () => row.remove(),
  };
}

function showRefusal(error) {
  const problem = error.problem ?? { title: error.message };
  refused.replaceChildren(Object.assign(document.createElement("b"), { textContent: `${box.dataset.failed}: ${problem.title}` }));
  const reasons = document.createElement("ul");
  for (const finding of problem.findings ?? []) reasons.append(Object.assign(document.createElement("li"), { textContent: `${finding.rule} ${finding.message}` }));
  if (!reasons.children.length && problem.detail) reasons.append(Object.assign(document.createElement("li"), { textContent: problem.detail }));
  refused.append(reasons);
  refused.hidden = false;
}

async function handIn(files) {
  if (!files.length || running) return;
  running = new Sending(files);
  refused.hidden = true;
  panel.hidden = false;
  bar.value = 0;
  try {
    running.show();
    const answer = await running.run();
    running = null;
    location.assign(answer.page);
  } catch (error) {
    // Without Cancel what has come stays, and the same choice goes on with it.
    for (const upload of running.active.values()) upload.abort();
    if (error.name !== "AbortError") showRefusal(error);
    panel.hidden = true;
    list.replaceChildren();
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
buttons.cancel.addEventListener("click", () => running?.cancel());
buttons.pause.addEventListener("click", () => running?.hold());
buttons.resume.addEventListener("click", () => running?.goOn());
box.addEventListener("submit", (event) => event.preventDefault());
addEventListener("online", () => running?.hurry());
addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});

export const isRunning = () => running !== null;

// Files that a program puts there have no entries.
export async function handInDropped(entries, files) {
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  if (!entries.length) for (const file of files) found.push({ file, path: file.name });
  handIn(found);
}

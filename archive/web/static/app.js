// What every page does beyond links and forms: times in the zone of the reader, keys, menus that close.
const root = document.documentElement;
const format = new Intl.DateTimeFormat(root.lang === "vi" ? "vi-VN" : "en-GB", {
  day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit",
});

// The server writes UTC, which stays where there is no script.
export function localise(within) {
  for (const time of within.querySelectorAll("time[datetime]:not([title])")) {
    const instant = new Date(time.dateTime);
    if (time.dateTime.length > 10 && !Number.isNaN(instant.getTime())) {
      const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
      time.title = time.dateTime;
      time.textContent = `${part.day}/${part.month}/${part.year} ${part.hour}:${part.minute}`;
    }
  }
}

localise(document);
document.addEventListener("htmx:afterSwap", () => localise(document));

const keys = document.getElementById("keys");

function showKeys() {
  if (keys && !keys.open) keys.showModal();
}

function items() {
  return [...document.querySelectorAll("[data-list] [data-item]")].filter((item) => item.offsetParent !== null);
}

// The frame of the browser's own focus is the mark: Enter then opens by itself, and a screen reader says where it is.
function move(step) {
  const all = items();
  const at = all.findIndex((item) => item.contains(document.activeElement));
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  next?.querySelector("a[href]")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function mark() {
  const box = document.activeElement?.closest("[data-item]")?.querySelector("input[type=checkbox]");
  box?.click();
}

function press(action) {
  document.querySelector(`.viewer [data-do=${action}]`)?.click();
}

const commands = {
  "/": () => {
    const box = document.querySelector("main input[data-find]") ?? document.querySelector("input[data-find]");
    box?.focus();
    box?.select();
  },
  j: () => move(1),
  k: () => move(-1),
  x: mark,
  n: () => press("next"),
  p: () => press("previous"),
  "+": () => press("in"),
  "=": () => press("in"),
  "-": () => press("out"),
  0: () => press("fit"),
  r: () => press("turn"),
  "?": showKeys,
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    if (typing) typing.blur();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || root.dataset.keys === "off" || keys?.open) return;
  const command = commands[event.key];
  if (command) {
    event.preventDefault();
    command();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]") && keys) {
    event.preventDefault();
    showKeys();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Whoever may hand in drops files on any page; a field for files takes its own.
if (document.getElementById("dropping")) {
  const brings = (event) => event.dataTransfer?.types.includes("Files") && !event.target.closest?.("input[type=file]");
  document.addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    root.classList.add("dropped-on");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.classList.remove("dropped-on");
  });
  document.addEventListener("drop", async (event) => {
    root.classList.remove("dropped-on");
    if (!brings(event)) return;
    event.preventDefault();
    // After this turn nobody may look into what was dropped any more.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = [...event.dataTransfer.files];
    const { dropped } = await import("./dropping.js");
    await dropped(entries, files);
  });
}

// Selection in a list: how many, and the whole page at once.
for (const form of document.querySelectorAll("form[data-choosing]")) {
  const all = form.querySelector("[data-all]");
  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const count = form.querySelector("[data-count]");
  if (!all || !count) continue;
  all.hidden = false;
  const tell = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    count.textContent = chosen ? String(chosen) : "";
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    tell();
  });
  form.addEventListener("change", tell);
  tell();
}

// Follows a delivery: the server tells when something has changed, and the part of the page that shows it is fetched anew.
const FALLBACK_MS = 10000;
let under_way = null;
let wanted = false;

async function fetchAnew() {
  do {
    wanted = false;
    // What is settled says no longer where it is fetched from.
    const section = document.getElementById("progress");
    if (!section?.dataset.progress) return;
    await globalThis.htmx.ajax("GET", section.dataset.progress, { target: section, swap: "outerHTML" });
  } while (wanted);
}

// One at a time: what changes meanwhile is fetched after it, by one more.
function refresh() {
  wanted = true;
  under_way ??= fetchAnew().finally(() => {
    under_way = null;
  });
  return under_way;
}

function follow() {
  const section = document.getElementById("progress");
  if (!section?.dataset.events) return;
  const source = new EventSource(section.dataset.events);
  source.addEventListener("progress", refresh);
  source.addEventListener("settled", () => {
    source.close();
    refresh();
  });
  source.addEventListener("error", () => {
    // Refused, not only broken: a browser comes back by itself otherwise.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => refresh().then(follow), FALLBACK_MS);
  });
}

follow();

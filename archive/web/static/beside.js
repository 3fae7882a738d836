// On a wide screen a hit opens beside the list, which stays; the address says so and can be sent.
import { localise } from "./app.js";

const WIDE = window.matchMedia("(min-width: 80rem)");
const finding = document.querySelector(".finding-page");

function tellWhichIsOpen(address) {
  const open = new URL(address, window.location).searchParams.get("open");
  for (const link of document.querySelectorAll("a[data-beside]")) {
    const own = new URL(link.dataset.beside, window.location).searchParams.get("open");
    link.toggleAttribute("aria-current", false);
    if (open && own === open) link.setAttribute("aria-current", "true");
  }
}

async function show(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  const panel = made.getElementById("beside");
  // Whatever else came (a sign-in, an error) is a page of its own.
  if (!answer.ok || answer.redirected || !panel) return window.location.assign(address);
  // Parsed without scripts, it holds what is for those without.
  for (const told of panel.querySelectorAll("noscript")) told.remove();
  document.getElementById("beside").replaceWith(panel);
  finding.classList.toggle("with-beside", !panel.hidden);
  localise(panel);
  const viewer = panel.querySelector(".viewer[data-view]");
  if (viewer) {
    const { start } = await import("./viewer.js");
    start(viewer);
  }
  tellWhichIsOpen(address);
  return true;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-beside]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || !WIDE.matches) return;
  event.preventDefault();
  if (await show(link.dataset.beside)) {
    window.history.pushState({}, "", link.dataset.beside);
    document.querySelector("#beside h2")?.focus({ preventScroll: true });
  }
});
window.addEventListener("popstate", () => show(window.location.href));

// Files dropped on any page: the form of the page of deliveries comes into a dialog over it, and hands them in there.
const dialog = document.getElementById("dropping");
const near = (name) => new URL(name, import.meta.url).href;

function script(address) {
  return new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement("script"), { src: address, onload: done, onerror: failed }));
  });
}

async function form() {
  const answer = await fetch("/deliveries", { headers: { Accept: "text/html" } });
  const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("drop");
  // Whatever else came (a sign-in, an error) is a page of its own.
  if (!answer.ok || answer.redirected || !made) return null;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: near("deliveries.css") }));
  await script(near("vendor/tus-js-client/tus.min.js"));
  return made;
}

export async function dropped(entries, files) {
  if (!document.getElementById("drop")) {
    const made = await form();
    if (!made) return location.assign("/deliveries");
    // Two drops at once: the first one brought it.
    if (!document.getElementById("drop")) dialog.append(made);
  }
  const { handInDropped, isRunning } = await import("./upload.js");
  if (dialog.contains(document.getElementById("drop")) && !dialog.open) {
    dialog.showModal();
    const stay = (event) => {
      if (isRunning()) event.preventDefault();
    };
    dialog.oncancel = stay;
    dialog.querySelector("form[method=dialog]").onsubmit = stay;
  }
  return handInDropped(entries, files);
}

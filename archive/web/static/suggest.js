// What may be meant, while somebody types into a box of the search. Without script the box is a box.
const WAIT_MS = 120;
const LEAST = 2;

function suggesting(box) {
  const list = document.createElement("ul");
  list.id = `${box.id}-suggestions`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.suggest);
  list.hidden = true;
  box.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id]]) {
    box.setAttribute(name, value);
  }
  let at = -1;
  let asking = new AbortController();
  let timer = 0;

  function close() {
    window.clearTimeout(timer);
    asking.abort();
    at = -1;
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function choose(option) {
    box.value = option.dataset.query;
    close();
    box.form.requestSubmit();
  }

  function mark(next) {
    const options = [...list.children];
    options[at]?.setAttribute("aria-selected", "false");
    // One step before the first and behind the last is the box itself.
    at = next < -1 ? options.length - 1 : next >= options.length ? -1 : next;
    options[at]?.setAttribute("aria-selected", "true");
    if (at < 0) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", options[at].id);
  }

  function made(item, index) {
    const option = document.createElement("li");
    option.id = `${list.id}-${index}`;
    option.dataset.query = item.query;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const kind = document.createElement("small");
    kind.textContent = box.dataset[item.kind] ?? "";
    const words = document.createElement("span");
    words.append(...new DOMParser().parseFromString(item.html, "text/html").body.childNodes);
    option.append(words, kind);
    return option;
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const typed = box.value;
    try {
      const answer = await fetch(`/api/v1/search/suggest?limit=8&q=${encodeURIComponent(typed.slice(0, 300))}`, { signal });
      const items = answer.ok ? (await answer.json()).items : [];
      if (signal.aborted || typed !== box.value || document.activeElement !== box) return;
      at = -1;
      box.removeAttribute("aria-activedescendant");
      list.replaceChildren(...items.map(made));
      list.hidden = !items.length;
      box.setAttribute("aria-expanded", String(!list.hidden));
    } catch {
      // Whoever types on, or has no network, gets no suggestions.
    }
  }

  box.setAttribute("aria-expanded", "false");
  box.addEventListener("input", () => {
    window.clearTimeout(timer);
    if (box.value.trim().length < LEAST) close();
    else timer = window.setTimeout(ask, WAIT_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter" && at >= 0) choose(list.children[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("blur", close);
  // Before the box loses its focus, which would close the list.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option && event.button === 0) choose(option);
  });
}

for (const box of document.querySelectorAll("input[data-suggest]")) suggesting(box);

// Small pictures of a document's pages beside it: made when somebody opens the strip, each when it comes into sight.
const WIDTH = 96;

export class Strip {
  #nav;
  #buttons = new Map(); // page number -> button

  constructor(viewer, leaves, goTo) {
    this.#nav = document.createElement("nav");
    this.#nav.className = "strip";
    this.#nav.setAttribute("aria-label", viewer.dataset.strip);
    this.#nav.hidden = true;
    const small = new Map();
    const watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        // Of a page that cannot be drawn the number stays: the page itself says why.
        small.get(target)?.(WIDTH).then((picture) => target.prepend(picture), () => {});
      }
    }, { root: this.#nav, rootMargin: "300px" });
    for (const leaf of leaves) {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", viewer.dataset.pageName.replace("{}", leaf.number));
      const number = document.createElement("span");
      number.textContent = leaf.number;
      button.append(number);
      button.style.setProperty("--ratio", leaf.ratio || 0.707);
      button.addEventListener("click", () => goTo(leaf.number));
      this.#buttons.set(leaf.number, button);
      this.#nav.append(button);
      if (leaf.small) {
        small.set(button, leaf.small);
        watcher.observe(button);
      }
    }
    viewer.querySelector(".pages").before(this.#nav);
  }

  // Whether it is to be seen now.
  toggle() {
    this.#nav.hidden = !this.#nav.hidden;
    this.#nav.parentElement.classList.toggle("stripped", !this.#nav.hidden);
    return !this.#nav.hidden;
  }

  // The page that is read; the strip scrolls to it, the page does not.
  tell(number) {
    this.#nav.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const button = this.#buttons.get(number);
    button?.setAttribute("aria-current", "true");
    if (!button || this.#nav.hidden) return;
    this.#nav.scrollTop = button.offsetTop - (this.#nav.clientHeight - button.offsetHeight) / 2;
    this.#nav.scrollLeft = button.offsetLeft - (this.#nav.clientWidth - button.offsetWidth) / 2;
  }
}

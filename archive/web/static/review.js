// The text review: from doubt to doubt by Tab or Enter, each shown on the picture of the page; nothing is typed by itself.
const form = document.querySelector("#review");
const scan = document.querySelector(".scan");
const fields = [...(form?.querySelectorAll("input[data-doubt]") ?? [])];

function mark(number) {
  document.querySelectorAll(".doubt.here").forEach((box) => box.classList.remove("here"));
  const box = scan?.querySelector(`rect[data-doubt="${number}"]`);
  if (!box) return;
  box.classList.add("here");
  document.querySelector(`.cuts svg[data-doubt="${number}"] .doubt`)?.classList.add("here");
  // Only the picture moves: the field that is typed into stays where it is.
  const place = box.getBoundingClientRect();
  const room = scan.getBoundingClientRect();
  scan.scrollTop += place.top - room.top - scan.clientHeight / 3;
}

for (const field of fields) {
  field.addEventListener("focus", () => {
    field.select();
    mark(field.dataset.doubt);
  });
  field.addEventListener("input", () => {
    field.classList.toggle("changed", field.value !== field.defaultValue);
    field.size = Math.max(4, [...field.value].length + 1);
  });
}

form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  const save = form.querySelector("button[value=save]");
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    save.click();
    return;
  }
  const at = fields.indexOf(event.target);
  if (at < 0) return;
  event.preventDefault();
  (fields[at + 1] ?? save).focus();
});

scan?.addEventListener("click", (event) => {
  const number = event.target.closest("rect[data-doubt]")?.dataset.doubt;
  if (number) document.querySelector(`#doubt-${number}`)?.focus();
});

// A page is sent once, however often the button is pressed.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});

// On a phone a field that is focused opens the keyboard over the picture.
if (!matchMedia("(pointer: coarse)").matches) fields[0]?.focus({ preventScroll: true });

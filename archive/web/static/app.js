// Times in the zone of the reader; the server writes UTC, which stays where there is no script.
const day = document.documentElement.lang === "vi" ? "vi-VN" : "en-GB";
const format = new Intl.DateTimeFormat(day, { dateStyle: "medium", timeStyle: "short" });

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const instant = new Date(time.dateTime);
    if (!Number.isNaN(instant.getTime())) {
      time.title = time.dateTime;
      time.textContent = format.format(instant);
    }
  }
}

localise(document);
document.addEventListener("htmx:afterSwap", () => localise(document));

/* Clocks that survive a reload: they count from instants the server wrote into the page,
   by the server's clock, so a tablet with a wrong clock still shows the right minutes. */
(() => {
  const meta = document.querySelector('meta[name="server-time"]');
  const arrival = performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now();
  const skew = meta ? Number(meta.content) * 1000 - (performance.timeOrigin + arrival) : 0;
  const now = () => Date.now() + skew;
  const instant = (text) => (text ? Date.parse(text) : NaN);
  const show = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

  const wall = (element) => {
    show(element, new Intl.DateTimeFormat(document.documentElement.dataset.locale || "en-US", {
      hour: document.documentElement.dataset.hour || "numeric", minute: "2-digit", timeZone: element.dataset.zone || undefined,
    }).format(now()));
  };

  const numbing = (element) => {
    const since = instant(element.dataset.since);
    const due = instant(element.dataset.due);
    const amber = instant(element.dataset.amber);
    const latest = instant(element.dataset.latest);
    const minutes = Math.max(0, Math.floor((now() - since) / 60000));
    const state = now() >= latest ? "over" : now() >= amber ? "late" : now() >= due ? "due" : "on";
    show(element.querySelector("[data-minutes]"), String(minutes));
    const bar = element.querySelector("progress");
    if (bar) bar.value = Math.min(bar.max, minutes);
    element.classList.toggle("is-due", state === "due");
    element.classList.toggle("is-late", state === "late");
    element.classList.toggle("is-over", state === "over");
    for (const word of element.querySelectorAll("[data-when]")) word.hidden = word.dataset.when !== state;
  };

  const nowLine = (board) => {
    const rows = [...board.querySelectorAll("tr[data-at]")];
    const at = now();
    rows.forEach((row, index) => {
      const from = instant(row.dataset.at);
      const to = rows[index + 1] ? instant(rows[index + 1].dataset.at) : from + 900000;
      row.classList.remove("now-at-0", "now-at-1", "now-at-2");
      if (from <= at && at < to) row.classList.add(`now-at-${Math.floor((3 * (at - from)) / (to - from))}`);
    });
  };

  const tick = () => {
    document.querySelectorAll("[data-wall-clock]").forEach(wall);
    document.querySelectorAll("[data-since]").forEach(numbing);
    document.querySelectorAll(".board").forEach(nowLine);
  };
  tick();
  setInterval(tick, 5000);
  document.addEventListener("visibilitychange", tick);
  document.addEventListener("htmx:afterSettle", tick);
  document.addEventListener("board:renewed", tick);
})();

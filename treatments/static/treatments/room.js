/* The treatment page: where one stands after an act, the scan, the running time, texts kept. */
(() => {
  const meta = document.querySelector('meta[name="server-time"]');
  const arrival = performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now();
  const skew = meta ? Number(meta.content) * 1000 - (performance.timeOrigin + arrival) : 0;
  const chart = () => document.getElementById("chart");

  /* After an act one stands at its refusal, at the faulty field, at the scan, or at the step. */
  const stand = () => {
    const here = chart();
    const at = here.querySelector("[data-refusal], .is-invalid, [data-stand], [data-scan]")
      || here.querySelector("#step-title");
    scrollTo({ top: 0, behavior: "instant" });
    at?.focus({ preventScroll: true });
    /* With its question, and clear of the bar below (scroll-padding). */
    if (at && at.id !== "step-title") (at.closest("fieldset, .mb-3, .scan-form") || at).scrollIntoView({ block: "nearest", behavior: "instant" });
    if (at?.matches("input[data-scan]")) takeNext(at);
  };

  /* The next scan takes the place of the last; one that is coming in already is left whole. */
  const takeNext = (input) => { if (input.value === input.defaultValue) input.select(); };

  /* A time of day runs with the clinic's clock until someone types in it. */
  const run = () => {
    const zone = document.querySelector("[data-zone]")?.dataset.zone;
    const shown = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone })
      .format(Date.now() + skew);
    for (const input of document.querySelectorAll("input[data-now]")) {
      const untouched = input.value === input.defaultValue || input.value === input.dataset.ran;
      if (untouched && document.activeElement !== input && !input.matches(".is-invalid") && input.dataset.now !== "typed") {
        input.value = shown;
        input.dataset.ran = shown;
      }
    }
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("input[data-now]")) event.target.dataset.now = "typed";
  });

  /* The depth of the last visit for the area that is chosen. */
  const hint = () => {
    const area = document.querySelector('input[name="area"]:checked')?.value;
    for (const line of document.querySelectorAll(".hint[data-area]")) line.hidden = line.dataset.area !== area;
  };
  document.addEventListener("change", (event) => { if (event.target.name === "area") hint(); });

  /* Long texts outlive a look at another step, in this page's memory and nowhere else. */
  const kept = new Map();
  const name = (field) => `${field.form?.getAttribute("action")} ${field.name}`;
  const fields = () => document.querySelectorAll("#chart textarea[data-keep]");
  document.addEventListener("htmx:beforeSwap", () => {
    for (const field of fields()) if (field.value !== field.defaultValue) kept.set(name(field), field.value);
  });
  const restore = () => {
    for (const field of fields()) {
      const text = kept.get(name(field));
      if (text !== undefined && field.value === "") field.value = text;
    }
  };

  const settle = () => { run(); hint(); restore(); };
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "chart") return;
    settle();
    stand();
  });
  settle();
  setInterval(run, 5000);
  const scan = document.querySelector("#chart [data-scan]");
  if (scan && !document.querySelector("[data-refusal]")) { scan.focus(); takeNext(scan); }
})();

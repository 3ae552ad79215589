/* Finding the patient, on every page that books: from the search into what it found, and on. */
(() => {
  const found = document.getElementById("found");
  const form = found?.closest("form");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);

  /* What was wrong with the search is over once somebody is chosen. */
  let chosen = "";
  form.addEventListener("change", (event) => {
    if (event.target.name !== "chosen") return;
    chosen = event.target.value;
    field("patient").dispatchEvent(new Event("mended", { bubbles: true }));
  }, true);

  /* Who types and chooses at once is overtaken by what the typing asked for: the choice stands, and
     the hand stays where it was. */
  let within = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target === found) within = found.contains(document.activeElement);
  });
  const stands = () => {
    const same = chosen && [...found.querySelectorAll("input")].find((one) => one.value === chosen);
    if (!same) return false;
    if (!same.checked) same.click();
    if (within) same.focus();
    return true;
  };

  /* From the search straight into what it found, as in every finder. */
  field("patient").addEventListener("keydown", (event) => {
    const first = found.querySelector("input:checked") ?? found.querySelector("input");
    if (event.key !== "ArrowDown" || !first) return;
    event.preventDefault();
    first.focus();
    if (!first.checked) first.click();
  });

  /* Enter finds, and takes whom it found alone; of several it leads to the first. It never books. */
  let entered = false;
  const goOn = () => {
    const open = ["service", "time"].map(field).find((one) => one && !one.value);
    (open ?? form.querySelector(".book-bar .btn-primary, .form-acts .btn-primary"))?.focus();
  };
  const take = (radio) => {
    if (!radio.checked) radio.click();
    goOn();
  };
  /* And from the service to the time, or to Book where a cell of the board has said when. A clinic
     on its first day has neither a service nor Book. */
  field("service")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !field("service").value) return;
    event.preventDefault();
    goOn();
  });
  const answer = () => {
    const listed = [...found.querySelectorAll("input")];
    const at = document.activeElement;
    if (!listed.length || (at !== document.body && at !== field("patient"))) return;
    const one = listed.find((radio) => radio.checked) ?? (listed.length === 1 ? listed[0] : null);
    if (one) take(one); else listed[0].focus();
  };
  field("patient").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    entered = true;
    htmx.trigger("#found", "find");
  });
  field("patient").addEventListener("input", () => { entered = false; chosen = ""; });
  found.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.name !== "chosen") return;
    event.preventDefault();
    take(event.target);
  });

  /* A patient named in full is chosen by the server; then the rest of the page should know. */
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== found) return;
    const named = !stands() && found.querySelector("input:checked");
    if (named) named.dispatchEvent(new Event("change", { bubbles: true }));
    if (entered) answer();
  });
})();

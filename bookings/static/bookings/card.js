/* A visit's card: what opens is where one types, and a time that is offered is chosen before it is
   confirmed. Without this file the radio buttons are sent as they are. */
(() => {
  /* The first field that asks, or the offers, in sight together with the button that sends. */
  const enter = (ask) => {
    const first = ask.querySelector(".is-invalid, input[name=choice]")
      ?? ask.querySelector("[name=time]") ?? ask.querySelector("textarea");
    first?.focus({ preventScroll: true });
    if (first?.name === "time") first.select();
    const bottom = ask.querySelector(".form-acts") ?? ask;
    bottom.scrollIntoView({ block: "nearest" });
    (first ?? ask).scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".card-ask") && event.target.open) enter(event.target);
  }, true);
  document.addEventListener("htmx:afterSettle", (event) => {
    const ask = event.detail.elt.closest?.("#visit-card")?.querySelector(".card-ask[open]");
    if (ask) enter(ask);
  });

  const says = (form, text) => {
    const line = form.querySelector(".card-moves");
    if (!line) return;
    line.hidden = !text;
    line.textContent = `Moves to ${text}`;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest(".card-ask form");
    if (!form) return;
    if (event.target.name === "choice") { says(form, event.target.dataset.says); return; }
    /* What is typed since is meant, not what was chosen before. */
    form.querySelectorAll("input[name=choice]:checked").forEach((one) => { one.checked = false; });
    says(form, "");
  });
})();

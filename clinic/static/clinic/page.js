/* Small manners of every page: one submit per press, progress, keys, dialogs, steppers. */
(() => {
  const root = document.documentElement;
  const busy = (form, on) => {
    if (on) form.setAttribute("aria-busy", "true"); else form.removeAttribute("aria-busy");
    root.classList.toggle("is-busy", on);
  };

  /* A second press while the first is under way is dropped; the server's one-time key is the guard. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    busy(form, true);
    setTimeout(() => busy(form, false), 15000);
  });
  addEventListener("pageshow", () => {
    root.classList.remove("is-busy");
    document.querySelectorAll('form[aria-busy="true"]').forEach((form) => form.removeAttribute("aria-busy"));
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.target.closest("form");
    if (event.detail.requestConfig.verb === "get" || !form) return;
    if (form.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    busy(form, true);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    /* The form itself: by now the answer may have taken its place in the page. */
    const form = (event.detail.requestConfig?.elt ?? event.target).closest("form");
    if (form) busy(form, false);
  });

  /* A failed fragment is said in words; a session that ended meanwhile leads to the log-in page. */
  const trouble = () => {
    const words = document.getElementById("trouble");
    const notes = document.getElementById("notes");
    if (words && notes && !notes.querySelector("[data-trouble]")) notes.append(words.content.cloneNode(true));
  };
  document.addEventListener("htmx:responseError", trouble);
  document.addEventListener("htmx:sendError", trouble);
  /* The note goes once the same thing has worked, or something else was sent and answered: a
     clock that asks again by itself proves nothing about the press that failed. */
  let failed = null;
  ["htmx:responseError", "htmx:sendError"].forEach((name) => document.addEventListener(name, (event) => {
    failed = event.detail.elt;
  }));
  document.addEventListener("htmx:afterRequest", (event) => {
    const { successful, elt, requestConfig } = event.detail;
    if (!successful || (elt !== failed && requestConfig?.verb !== "post")) return;
    document.querySelector("[data-trouble]")?.remove();
    failed = null;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if (target !== document.body && /^\s*<!doctype/i.test(xhr.responseText)) {
      event.detail.shouldSwap = false;
      if (xhr.status < 400) location.reload(); else trouble();
    }
  });

  /* Single keys, named on the control itself by aria-keyshortcuts; can be switched off. */
  const keysOn = () => {
    try { return localStorage.getItem("keys") !== "off"; } catch { return true; }
  };
  const showKeys = () => document.querySelectorAll("[data-keys]").forEach((button) => {
    button.setAttribute("aria-pressed", String(keysOn() === (button.dataset.keys === "on")));
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keysOn()) return;
    if (document.querySelector("dialog:modal")) return;
    const target = document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!target || target.disabled) return;
    event.preventDefault();
    /* A key that only leads to its button is not yet the press. */
    if (target.matches("input, select, textarea, [data-key-leads]")) { target.focus(); target.select?.(); } else target.click();
  });

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const opener = hit("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (hit("[data-closes]")) { event.preventDefault(); hit("dialog")?.close(); }
    if (hit("[data-print]")) print();
    const keys = hit("[data-keys]");
    if (keys) {
      try { localStorage.setItem("keys", keys.dataset.keys); } catch { /* private window */ }
      showKeys();
    }
    const step = hit("[data-step]");
    if (step) {
      const input = step.closest(".stepper").querySelector("input");
      nudge(input, Number(step.dataset.step));
    }
  });

  /* Counts in whole steps, so that 0.25 + 0.25 never drifts; an empty field starts at its minimum. */
  const nudge = (input, direction) => {
    const size = Number(input.step) || 1;
    const low = input.min === "" ? -Infinity : Number(input.min);
    const high = input.max === "" ? Infinity : Number(input.max);
    const typed = input.value.trim().replace(",", ".");
    const places = (String(input.step).split(".")[1] || "").length;
    const from = typed === "" || Number.isNaN(Number(typed)) ? null : Number(typed);
    const next = from === null ? (low === -Infinity ? 0 : low) : (Math.round(from / size) + direction) * size;
    input.value = Math.min(high, Math.max(low, next)).toFixed(places);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  /* What was wrong with a field is not said of what is there since; a script that fills one
     says "mended". What a whole form was refused for stays until it is sent again. */
  ["input", "change", "mended"].forEach((name) => document.addEventListener(name, (event) => {
    const group = event.target.closest?.(".mb-3");
    if (!group?.querySelector(".is-invalid")) return;
    group.querySelectorAll(".invalid-feedback").forEach((one) => one.remove());
    group.querySelectorAll(".is-invalid").forEach((one) => {
      one.classList.remove("is-invalid");
      one.removeAttribute("aria-invalid");
    });
  }));

  /* A menu for a clinic switches at once; without JavaScript its button does. */
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  /* After a refused form the reader stands at the reason, not at the top of the page. */
  (document.querySelector("[data-refusal]") || document.querySelector(".is-invalid"))?.focus();
  showKeys();
  document.querySelectorAll("dialog[data-open-now]").forEach((dialog) => dialog.showModal());
})();

/* What is typed is kept on the server, for the one who typed it: in the room as she types, at the
   desk when the screen is locked. It comes back into the same form. Passwords, ticks and
   whatever else a form marks as said anew, such as a scan, are never kept. */
(() => {
  const door = document.querySelector('meta[name="drafts"]')?.content;
  if (!door) return;
  const inRoom = document.body.classList.contains("room");
  const WAIT = 2000;
  const timers = new Map();
  const underWay = new WeakMap();
  const typedIn = new Set();

  const typed = (form) => [...form.elements].filter((one) => one.name
    && !["hidden", "password", "submit", "button", "checkbox", "file"].includes(one.type)
    && !one.matches("[data-anew], [readonly]"));
  /* Which press and which state of the record it was typed for: they go along. */
  const ALONG = ["once", "version"];
  const keepable = (form) => form && form.method === "post" && form.closest("main")
    && form.elements.csrfmiddlewaretoken && typed(form).length > 0;
  const page = (form) => new URL(form.action, location.href).pathname;
  /* Only what was changed by hand: what the page fills in itself, such as the time now, is to be
     as of when the form is opened again. */
  const changed = (one) => {
    if (one.dataset.now !== undefined && one.dataset.now !== "typed") return false;
    if (one.type === "radio") return one.checked && !one.defaultChecked;
    if (one.options) return [...one.options].some((option) => option.selected !== option.defaultSelected);
    return one.value !== one.defaultValue;
  };
  const values = (form) => {
    const found = new URLSearchParams();
    for (const one of typed(form)) if (changed(one)) found.append(one.name, one.value);
    if ([...found].length === 0) return found;
    for (const name of ALONG) {
      const one = form.querySelector(`input[type="hidden"][name="${name}"]`);
      if (one) found.append(name, one.value);
    }
    return found;
  };
  const save = (form, empty = false, leaving = false, byItself = false) => {
    clearTimeout(timers.get(form));
    timers.delete(form);
    const body = new URLSearchParams({ page: page(form), fields: empty ? "" : values(form).toString() });
    underWay.get(form)?.abort();
    const stop = new AbortController();
    underWay.set(form, stop);
    return fetch(door, {
      method: "POST", body, keepalive: leaving, signal: stop.signal,
      headers: {
        "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, ...(byItself && { "X-Background": "1" }),
      },
    }).catch(() => {});
  };

  /* Kept, but the server has locked the screen meanwhile, or ended the session: show it. What was
     typed since the save began goes along as the page leaves for the lock. */
  const isAway = (path) => ["/lock/", "/accounts/login/"].some((door) => path.startsWith(door));
  const saveInRoom = async (form) => {
    const answer = await save(form);
    if (answer?.redirected && isAway(new URL(answer.url).pathname)) location.assign(answer.url);
  };
  const saveSoon = (form) => {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => saveInRoom(form), WAIT));
  };

  const onTyping = (event) => {
    const form = event.target.form;
    if (!event.isTrusted || !keepable(form) || !typed(form).includes(event.target)) return;
    typedIn.add(form);
    if (inRoom) saveSoon(form);
  };
  document.addEventListener("input", onTyping);
  document.addEventListener("change", onTyping);
  /* The steppers change a field for the one who pressed them. */
  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (step && keepable(step.form)) {
      typedIn.add(step.form);
      if (inRoom) saveSoon(step.form);
    }
  });

  /* A form on its way needs no draft of its own; the tab that goes away may. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    clearTimeout(timers.get(form));
    timers.delete(form);
    underWay.get(form)?.abort();
    const locks = form.elements.action?.value === "lock";
    const open = [...typedIn].filter((one) => one.isConnected && one !== form);
    if (!locks) return;
    if (form.elements.next) form.elements.next.value = location.pathname + location.search;
    if (open.length === 0) return;
    event.preventDefault();
    /* The lock does not wait long for a slow network. */
    const patience = new Promise((done) => setTimeout(done, 1000));
    Promise.race([Promise.all(open.map((one) => save(one))), patience]).finally(() => form.submit());
  }, true);
  /* Locked or over meanwhile: what stands here goes along, then the page leaves. */
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const away = event.detail.xhr.getResponseHeader("HX-Redirect") ?? "";
    const last = [...typedIn].reverse().find((one) => one.isConnected && [...values(one)].length > 0);
    if (!isAway(away) || !last) return;
    event.preventDefault();
    const patience = new Promise((done) => setTimeout(done, 1000));
    Promise.race([save(last), patience]).finally(() => location.assign(away));
  });
  addEventListener("pagehide", () => { for (const form of timers.keys()) save(form, false, true); });

  const fill = (form, fields) => {
    let filled = false;
    const rest = new Map();
    for (const [name, value] of fields) rest.set(name, [...(rest.get(name) ?? []), value]);
    for (const one of typed(form)) {
      const kept = rest.get(one.name);
      if (!kept) continue;
      if (one.type === "radio") {
        const wanted = kept.includes(one.value);
        if (wanted !== one.checked) { one.checked = wanted; filled ||= wanted; }
        continue;
      }
      const value = kept.shift();
      if (value === undefined || one.value === value) continue;
      one.value = value;
      filled = true;
      one.dispatchEvent(new Event("input", { bubbles: true }));
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
    /* Typed for an older state of the record: the server compares, and asks. */
    const version = form.querySelector('input[type="hidden"][name="version"]');
    if (filled && version && rest.has("version")) [version.value] = rest.get("version");
    return filled;
  };

  const say = (form, saved) => {
    const note = document.createElement("div");
    note.className = "note is-info kept";
    note.setAttribute("role", "status");
    const words = document.createElement("span");
    words.textContent = `What you typed at ${saved} is back. It is not saved yet.`;
    const clear = document.createElement("button");
    clear.type = "button"; clear.className = "btn btn-link btn-sm"; clear.textContent = "Clear it";
    clear.addEventListener("click", () => { form.reset(); save(form, true); typedIn.delete(form); note.remove(); });
    form.prepend(note);
    /* A live region is read out for what comes into it, not for what it came with. */
    requestAnimationFrame(() => note.append(words, clear));
  };

  const restore = async (form) => {
    if (!keepable(form) || form.querySelector(".is-invalid, [data-refusal], .kept") || typedIn.has(form)) return;
    const answer = await fetch(`${door}?${new URLSearchParams({ page: page(form) })}`, {
      headers: { "X-Background": "1" },
    }).catch(() => null);
    if (answer?.status !== 200 || answer.redirected || typedIn.has(form) || !form.isConnected) return;
    const { fields, saved } = await answer.json();
    if (!fill(form, fields)) return;
    typedIn.add(form);
    say(form, saved);
    /* At the desk it was kept for this one return; from here on it stands in the page. In the room
       it is this page's from now on: a locked screen takes more of it from this page alone. */
    save(form, !inRoom, false, true);
  };

  const afterLock = () => {
    try { return isAway(new URL(document.referrer).pathname); } catch { return false; }
  };
  if (inRoom || afterLock()) document.querySelectorAll('main form[method="post"]').forEach(restore);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!inRoom || (event.detail.xhr?.status ?? 200) >= 400) return;
    const root = event.detail.elt?.closest?.("main") ?? document.querySelector("main");
    root.querySelectorAll('form[method="post"]').forEach(restore);
  });
})();

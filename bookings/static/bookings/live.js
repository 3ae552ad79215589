/* What another desk does shows within two seconds. A question each second, without the session;
   only when something has changed the board is read anew, in the background: that never keeps a
   session open, and where the screen has locked itself meanwhile it leads to the lock. Nothing
   is taken from under a hand: focus, scroll, a card that is typed in and a visit on its way stay. */
(() => {
  const wrap = document.getElementById("board-wrap");
  const sheet = document.getElementById("sheet");
  if (!wrap?.dataset.asks || !sheet) return;
  const EVERY = 1000;
  const SLOW = 5000;
  const PATIENCE = 3;  // failures in a row, before the board says that it may be old
  let timer = 0;
  let failed = 0;
  let asking = false;
  let done = false;
  let read = Date.now();

  const old = document.createElement("div");
  old.className = "note is-error board-old";
  old.setAttribute("role", "status");
  const says = (text) => {
    if (!text) { old.remove(); return; }
    if (!old.isConnected) document.getElementById("notes")?.append(old);
    if (old.textContent !== text) old.textContent = text;
  };
  const clock = (at) => new Intl.DateTimeFormat(document.documentElement.dataset.locale || "en-US", { hour: document.documentElement.dataset.hour || "numeric", minute: "2-digit" }).format(at);

  /* A visit on its way to another time, or a menu that is open over the board. */
  const inHand = () => document.body.hasAttribute("data-moving");
  const markup = (anchor) => anchor
    && [anchor.className, anchor.getAttribute("aria-label"), anchor.closest("li")?.textContent, anchor.dataset.start].join("|");
  const openVisit = () => {
    const key = sheet.querySelector("[data-visit]")?.dataset.visit;
    const anchor = key && wrap.querySelector(`a[href$="/${CSS.escape(key)}/"]`);
    return { key, href: anchor?.getAttribute("href"), markup: markup(anchor) };
  };

  const put = (from, selector, insert) => {
    const here = document.querySelector(selector);
    const there = from.querySelector(selector);
    if (here && there) here.replaceWith(there);
    else if (here) here.remove();
    else if (there && insert) insert(there);
  };
  const apply = (text) => {
    const from = new DOMParser().parseFromString(text, "text/html");
    const fresh = from.getElementById("board-wrap");
    if (!fresh || inHand()) return;
    const before = openVisit();
    const { scrollTop, scrollLeft } = wrap;
    const side = wrap.closest(".board-with-side");
    document.dispatchEvent(new Event("board:renewing"));
    put(from, ".board-count");
    put(from, ".board-narrowed", (one) => document.querySelector(".board-bar").after(one));
    put(from, ".board-strip", (one) => side.before(one));
    put(from, ".board-notes", (one) => side.after(one));
    wrap.replaceChildren(...fresh.childNodes);
    Object.assign(wrap.dataset, fresh.dataset);
    wrap.scrollTo(scrollLeft, scrollTop);
    document.dispatchEvent(new Event("board:renewed"));
    read = Date.now();
    freshenCard(before);
  };

  /* The open card: read anew where its visit has changed, unless someone is at work in it. */
  const freshenCard = (before) => {
    if (!before.key) return;
    const after = openVisit();
    if (before.markup === after.markup) return;
    const here = sheet.contains(document.activeElement) ? document.activeElement : null;
    const address = before.href ?? after.href;
    if (!address) return;
    if (sheet.querySelector(".card-ask[open], dialog[open]") || here?.matches("input, textarea, select")) {
      if (sheet.querySelector(".card-changed")) return;
      const note = document.createElement("p");
      note.className = "note is-ask card-changed";
      note.setAttribute("role", "status");
      const link = document.createElement("a");
      link.href = address;
      link.dataset.card = "";
      link.textContent = "Show it as it is now";
      note.append("This visit was changed meanwhile. ", link);
      sheet.querySelector(".sheet-head")?.after(note);
      return;
    }
    htmx.ajax("GET", address, { target: sheet, swap: "innerHTML", headers: { "X-Background": "1" } }).then(() => {
      htmx.process(sheet);
      if (here) document.getElementById("visit-who")?.focus({ preventScroll: true });
    });
  };

  wrap.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target !== wrap || event.detail.requestConfig?.headers["X-Background"] !== "1") return;
    event.detail.shouldSwap = false;
    apply(event.detail.xhr.responseText);
  });
  wrap.addEventListener("htmx:responseError", () => { done = true; });
  const renew = () => htmx.ajax("GET", wrap.dataset.live, {
    source: wrap, target: wrap, swap: "innerHTML", headers: { "X-Background": "1" },
  });

  const ask = async () => {
    if (asking || done || document.hidden || inHand()) return;
    asking = true;
    try {
      const answer = await fetch(wrap.dataset.asks, {
        headers: { "If-None-Match": wrap.dataset.knows },
        cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(8000),
      });
      if (answer.status >= 500) throw new Error(String(answer.status));
      failed = 0;
      says("");
      /* 404: the ticket is over; with the board comes a new one, or the way to the lock. */
      if (answer.status !== 304) await renew();
      else read = Date.now();
    } catch {
      failed += 1;
      if (failed === PATIENCE) says(`No connection. The board shows how things stood at ${clock(read)}.`);
    } finally {
      asking = false;
    }
  };
  const turn = async () => {
    clearTimeout(timer);
    await ask();
    clearTimeout(timer);
    if (!done) timer = setTimeout(turn, failed >= PATIENCE ? SLOW : EVERY);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });
  timer = setTimeout(turn, EVERY);
})();

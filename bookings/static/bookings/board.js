/* The day board: arrow keys with one tab stop, and a visit's card beside it. The now-line is
   clinic/clocks.js's; without this file every cell is a plain link. When the table is put in
   anew (live.js says "board:renewing", then "board:renewed"), the focus stays where it was. */
(() => {
  const sheet = document.getElementById("sheet");
  const wrap = document.getElementById("board-wrap");
  if (!sheet) return;
  /* Whose card is open; the date of today in the head of a week bears the same mark. */
  const CURRENT = "tbody a[aria-current]";
  let board = null;
  let map = [];
  let row = 0;
  let stop = null;

  /* Which cell stands at each row and column, once the rowspans are unrolled. */
  const unroll = (rows) => {
    const found = rows.map(() => []);
    rows.forEach((line, y) => {
      let x = 0;
      for (const cell of line.cells) {
        while (found[y][x]) x += 1;
        for (let n = 0; n < cell.rowSpan && found[y + n]; n += 1) found[y + n][x] = cell;
        cell.at = { x, y };
        x += 1;
      }
    });
    return found;
  };
  const link = (cell) => cell?.querySelector("a");

  const own = (anchor) => {
    if (stop) stop.tabIndex = -1;
    stop = anchor;
    if (stop) stop.tabIndex = 0;
  };
  const step = (cell, dx, dy) => {
    let { x } = cell.at;
    let y = dy > 0 ? cell.at.y + cell.rowSpan : dy < 0 ? cell.at.y - 1 : row;
    x += dx;
    while (map[y]?.[x] && x > 0) {
      if (link(map[y][x])) return { found: map[y][x], y: dy ? map[y][x].at.y : y };
      x += dx;
      y += dy;
    }
    return null;
  };
  const edge = (cell, last) => {
    const across = map[row].slice(1).filter(link);
    return { found: last ? across.at(-1) : across[0], y: row };
  };
  const KEYS = {
    ArrowUp: (cell) => step(cell, 0, -1), ArrowDown: (cell) => step(cell, 0, 1),
    ArrowLeft: (cell) => step(cell, -1, 0), ArrowRight: (cell) => step(cell, 1, 0),
    Home: (cell) => edge(cell, false), End: (cell) => edge(cell, true),
  };

  const onKey = (event) => {
    const cell = event.target.closest("td");
    if (!KEYS[event.key] || !cell?.at || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = KEYS[event.key](cell);
    if (!next?.found) return;
    row = next.y;
    link(next.found).focus();
  };
  const onFocus = (event) => {
    const cell = event.target.closest("td");
    if (!cell?.at) return;
    if (row < cell.at.y || row >= cell.at.y + cell.rowSpan) row = cell.at.y;
    own(event.target);
  };
  const take = () => {
    board = document.querySelector("[data-board]");
    map = board ? unroll([...board.tBodies[0].rows]) : [];
    row = Math.max(0, Math.min(row, map.length - 1));
    stop = null;
    if (!board) return;
    const links = [...board.tBodies[0].querySelectorAll("a")];
    links.forEach((anchor) => { anchor.tabIndex = -1; });
    own(board.querySelector(CURRENT) ?? board.querySelector("tr[class*='now-at-'] td a, tr[class*='now-at-'] ~ tr td a") ?? links[0]);
    board.addEventListener("keydown", onKey);
    board.addEventListener("focusin", onFocus);
  };
  take();
  const now = board?.querySelector(CURRENT) ?? board?.querySelector("tr[class*='now-at-']");
  /* After an act, the place at which one works: the same board comes back as it was left, and the
     focus with it: in the card that was used, else on the visit, else in the cell where it was. */
  const PLACE = "board-place";
  const SOON = 60000;
  const same = () => (board ? `${board.dataset.by} ${board.dataset.day}` : `list ${location.pathname}`);
  const keep = (form) => {
    const page = document.scrollingElement;
    try {
      sessionStorage.setItem(PLACE, JSON.stringify({
        same: same(), at: Date.now(), top: wrap.scrollTop, left: wrap.scrollLeft, page: page.scrollTop,
        inCard: form.closest("#visit-card") !== null, x: stop?.closest("td")?.at?.x,
        start: stop?.closest("tr")?.dataset.start,
      }));
    } catch { /* Without a store the board opens at now. */ }
  };
  const kept = () => {
    try {
      const place = JSON.parse(sessionStorage.getItem(PLACE));
      sessionStorage.removeItem(PLACE);
      return place && Date.now() - place.at < SOON ? place : null;
    } catch { return null; }
  };
  const left = wrap && kept();
  const place = left?.same === same() ? left : null;
  if (place) {
    wrap.scrollTo({ top: place.top, left: place.left, behavior: "instant" });
    document.scrollingElement.scrollTo({ top: place.page, behavior: "instant" });
    board?.querySelector(CURRENT)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  } else if (now && wrap.scrollHeight > wrap.clientHeight + 1 && getComputedStyle(wrap).overflowY === "auto") {
    /* By hand: into a view that was scrolled for it, the first Tab would lead, past the top of the page. */
    const [box, frame] = [now.getBoundingClientRect(), wrap.getBoundingClientRect()];
    wrap.scrollTop += box.top - frame.top - (wrap.clientHeight - box.height) / 2;
    if (box.right > frame.right || box.left < frame.left) wrap.scrollLeft += box.left - frame.left - 64;
  } else if (now) now.scrollIntoView({ block: "center", inline: "nearest" });
  document.addEventListener("submit", (event) => {
    if (wrap && event.target.method === "post") keep(event.target);
  }, true);

  /* The card: opened in place, closed with Escape, its place kept in the address. */
  const first = sheet.querySelector("[data-visit]")?.dataset.visit;
  let opener = board?.querySelector(CURRENT)
    ?? (first && wrap?.querySelector(`a[data-card][href$="/${CSS.escape(first)}/"]`)) ?? null;
  opener?.setAttribute("aria-current", "true");
  /* What stands in the cell at which one worked, where the board is the same. */
  const cellOf = ({ start, x }) => link(map[[...board?.tBodies[0].rows ?? []].findIndex((one) => one.dataset.start === start)]?.[x]);
  if (document.activeElement === document.body) {
    const visit = opener?.closest(".board-off") ? null : opener;
    const who = document.getElementById("visit-who");
    const back = first ? (left?.inCard || !visit ? who : visit) : left && ((place && cellOf(place)) ?? stop ?? wrap);
    back?.focus({ preventScroll: true });
  }
  /* Beside a card the lines of a list are narrower, so higher: the one in use stays under the hand. */
  const height = (anchor) => (wrap?.contains(anchor) ? anchor.getBoundingClientRect().top : NaN);
  const stay = (anchor, was) => { if (was) wrap.scrollBy({ top: height(anchor) - was, behavior: "instant" }); };
  const point = (anchor) => {
    opener?.removeAttribute("aria-current");
    opener = anchor;
    opener?.setAttribute("aria-current", "true");
  };
  const address = (visit) => {
    const url = new URL(location.href);
    if (visit) url.searchParams.set("visit", visit); else url.searchParams.delete("visit");
    history.replaceState(history.state, "", url);
  };
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    const anchor = event.target.closest("a.appt, a[data-card], .clock a");
    if (anchor) {
      event.preventDefault();
      point(board?.querySelector(`.appt[href="${CSS.escape(anchor.getAttribute("href"))}"]`) ?? anchor);
      const was = height(opener);
      htmx.ajax("GET", anchor.href, { target: sheet, swap: "innerHTML" }).then(() => {
        /* Now, not a moment later: a key may press a button of the card at once. */
        htmx.process(sheet);
        address(sheet.querySelector("[data-visit]")?.dataset.visit);
        stay(opener, was);
        document.getElementById("visit-who")?.focus({ preventScroll: true });
        opener?.scrollIntoView({ block: "nearest", inline: "nearest" });
      });
    } else if (event.target.closest("[data-closes-sheet]")) {
      event.preventDefault();
      close();
    }
  });
  const close = () => {
    const back = opener;
    const was = height(back);
    sheet.replaceChildren();
    stay(back, was);
    point(null);
    address(null);
    (back?.isConnected ? back : stop ?? wrap)?.focus();
  };
  /* Where the focus and the open card's visit stand, so that a new table takes them over. */
  const sameIn = (root, anchor) => anchor
    && root.querySelector(`a[href="${CSS.escape(anchor.getAttribute("href"))}"]`);
  let held = null;
  document.addEventListener("board:renewing", () => {
    const here = wrap.contains(document.activeElement) ? document.activeElement : null;
    const cell = here?.closest("td");
    held = { here: here?.matches("a") ? here : null, on: here !== null && here !== wrap, x: cell?.at?.x,
      start: map[row]?.[1]?.closest("tr") && board.tBodies[0].rows[row]?.dataset.start,
      stop, opener: wrap.contains(opener) ? opener : null };
  });
  document.addEventListener("board:renewed", () => {
    if (held.opener) point(sameIn(wrap, held.opener) ?? null);
    take();
    if (!held.here && held.stop && board) own(sameIn(board, held.stop) ?? stop);
    if (!held.on) return;
    /* Where what had the focus is gone, whatever stands there now has it. */
    const y = board ? [...board.tBodies[0].rows].findIndex((one) => one.dataset.start === held.start) : -1;
    const there = sameIn(wrap, held.here) ?? link(map[y]?.[held.x]) ?? stop ?? wrap;
    if (y >= 0) row = y;
    there.focus({ preventScroll: true });
  });
  /* Escape closes the card wherever the focus is; a menu, a dialog and a visit on its way come first. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !sheet.firstElementChild || event.defaultPrevented) return;
    if (document.querySelector("details.menu[open], dialog[open]")) return;
    if (event.target.closest("input, textarea, select, .toast-undo") && !sheet.contains(event.target)) return;
    close();
  }, true);
})();

/* The day board: arrow keys with one tab stop, and a visit's card beside it. The now-line is
   clinic/clocks.js's; without this file every cell is a plain link. */
(() => {
  const board = document.querySelector("[data-board]");
  const sheet = document.getElementById("sheet");
  if (!sheet) return;
  const cells = board ? [...board.tBodies[0].rows] : [];

  /* Which cell stands at each row and column, once the rowspans are unrolled. */
  const map = cells.map(() => []);
  cells.forEach((row, y) => {
    let x = 0;
    for (const cell of row.cells) {
      while (map[y][x]) x += 1;
      for (let n = 0; n < cell.rowSpan && map[y + n]; n += 1) map[y + n][x] = cell;
      cell.at = { x, y };
      x += 1;
    }
  });
  const link = (cell) => cell?.querySelector("a");
  let row = 0;
  let stop = null;

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

  if (board) {
    const links = [...board.tBodies[0].querySelectorAll("a")];
    links.forEach((anchor) => { anchor.tabIndex = -1; });
    own(board.querySelector("a[aria-current]") ?? board.querySelector("tr[class*='now-at-'] td a, tr[class*='now-at-'] ~ tr td a") ?? links[0]);
    board.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td");
      if (!KEYS[event.key] || !cell?.at || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const next = KEYS[event.key](cell);
      if (!next?.found) return;
      row = next.y;
      link(next.found).focus();
    });
    board.addEventListener("focusin", (event) => {
      const cell = event.target.closest("td");
      if (!cell?.at) return;
      if (row < cell.at.y || row >= cell.at.y + cell.rowSpan) row = cell.at.y;
      own(event.target);
    });
    const now = board.querySelector("a[aria-current]") ?? board.querySelector("tr[class*='now-at-']");
    if (now) now.scrollIntoView({ block: "center", inline: "nearest" });
  }

  /* The card: opened in place, closed with Escape, its place kept in the address. */
  let opener = board?.querySelector("a[aria-current]") ?? null;
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
      htmx.ajax("GET", anchor.href, { target: sheet, swap: "innerHTML" }).then(() => {
        /* Now, not a moment later: a key may press a button of the card at once. */
        htmx.process(sheet);
        address(sheet.querySelector("[data-visit]")?.dataset.visit);
        document.getElementById("visit-who")?.focus();
        opener?.scrollIntoView({ block: "nearest", inline: "nearest" });
      });
    } else if (event.target.closest("[data-closes-sheet]")) {
      event.preventDefault();
      close();
    }
  });
  const close = () => {
    const back = opener;
    sheet.replaceChildren();
    point(null);
    address(null);
    back?.focus();
  };
  sheet.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest("dialog")) close();
  });
})();

/* A booked visit goes to another time, practitioner or, in the view by room, room: dragged, or with m, the arrows and Enter.
   Where it would go is shown and named aloud; then the server is asked, and says from when to
   when and who is told, or every reason why not. Escape gives up. Without this file the card's
   own form moves it. */
(() => {
  const wrap = document.getElementById("board-wrap");
  const sheet = document.getElementById("sheet");
  if (!wrap?.querySelector("[data-board]") || !sheet) return;
  const MINUTE = 60000;
  const FAR = 5;       // pixels, before a press becomes a drag
  const EDGE = 48;     // pixels from the edge, where the board scrolls along
  const step = Number(wrap.dataset.every) || 15;

  const voice = document.createElement("p");
  voice.className = "visually-hidden";
  voice.id = "board-says";
  voice.setAttribute("role", "status");
  wrap.after(voice);
  const say = (text) => { voice.textContent = text; };

  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  dialog.setAttribute("aria-labelledby", "move-to-title");
  document.getElementById("main").append(dialog);

  /* The board as it stands: rows with their times, columns with their names. In a week the times
     are the wall clock's, so they are read as if there were no zone. */
  const read = () => {
    const board = wrap.querySelector("[data-board]");
    const week = board.dataset.by === "week";
    const zone = week ? "UTC" : wrap.dataset.zone;
    const at = (text) => Date.parse(week ? `1970-01-01T${text}:00Z` : text);
    const rows = [...board.tBodies[0].rows].map((tr) => ({
      tr, start: at(tr.dataset.start), length: Number(/\bm(\d+)\b/.exec(tr.className)?.[1] ?? 15) * MINUTE,
    }));
    const columns = [...board.tHead.rows[0].cells].slice(1).map((th) => ({
      th, ...th.dataset, name: th.querySelector(".board-who")?.textContent.trim() ?? "",
    }));
    const wall = (ms) => {
      const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hour: "numeric", minute: "numeric", hourCycle: "h23" }).formatToParts(ms);
      const value = (type) => Number(parts.find((one) => one.type === type).value);
      return value("hour") * 60 + value("minute");
    };
    const spoken = (ms) => new Intl.DateTimeFormat(document.documentElement.dataset.locale || "en-US", { timeZone: zone, hour: document.documentElement.dataset.hour || "numeric", minute: "2-digit" }).format(ms);
    return { board, by: board.dataset.by, day: board.dataset.day, week, rows, columns, wall, spoken };
  };

  let going = null;  // the visit on its way

  const snapped = (ms) => {
    const { grid } = going;
    const { rows } = grid;
    const last = rows.at(-1);
    const inside = Math.min(Math.max(ms, rows[0].start), last.start + last.length - step * MINUTE);
    const off = grid.wall(inside) % step;
    return inside - off * MINUTE - (inside % MINUTE);
  };
  const rowAt = (ms) => Math.max(0, going.grid.rows.findIndex((one) => ms < one.start + one.length));
  const timeAt = (y) => {
    const { rows } = going.grid;
    for (const row of rows) {
      const box = row.tr.getBoundingClientRect();
      if (y < box.bottom || row === rows.at(-1)) {
        return row.start + (Math.max(0, y - box.top) / Math.max(1, box.height)) * row.length;
      }
    }
    return rows[0].start;
  };
  const columnAt = (x) => {
    const boxes = going.grid.columns.map((one) => one.th.getBoundingClientRect());
    const found = boxes.findIndex((box) => x < box.right);
    return found < 0 ? boxes.length - 1 : found;
  };
  /* What stands there, as far as the board can tell; the server has the last word. */
  const free = () => {
    const y = rowAt(going.ms);
    const cell = [...going.grid.board.querySelectorAll("tbody td")].find((one) => one.at?.x === going.column + 1
      && one.at.y <= y && y < one.at.y + one.rowSpan);
    return !cell || cell.contains(going.visit) || Boolean(cell.querySelector(".slot"));
  };
  const named = () => {
    const { grid } = going;
    const where = grid.columns[going.column].name;
    return `${grid.spoken(going.ms)}, ${where}`;
  };
  const show = () => {
    const { grid, ghost } = going;
    const row = grid.rows[rowAt(going.ms)];
    const frame = wrap.getBoundingClientRect();
    const line = row.tr.getBoundingClientRect();
    const column = grid.columns[going.column].th.getBoundingClientRect();
    const into = ((going.ms - row.start) / row.length) * line.height;
    ghost.style.top = `${line.top + into - going.lead - frame.top + wrap.scrollTop}px`;
    ghost.style.left = `${column.left - frame.left + wrap.scrollLeft + 2}px`;
    ghost.style.width = `${column.width - 5}px`;
    ghost.style.height = `${going.height}px`;
    ghost.classList.toggle("is-no", !free());
    const text = grid.spoken(going.ms);
    if (ghost.firstChild.textContent !== text) ghost.firstChild.textContent = text;
  };
  /* Where rooms are the columns a visit holds its room from before it begins, and its block stands
     that much higher. In pixels: every tick is as high as the next. */
  const leadOf = (grid, visit, ms) => {
    if (grid.by !== "room") return 0;
    const row = grid.rows[rowAt(ms)];
    const line = row.tr.getBoundingClientRect();
    const begins = line.top + ((ms - row.start) / row.length) * line.height;
    return Math.max(0, begins - visit.getBoundingClientRect().top);
  };
  const tell = () => say(`${named()}${free() ? "" : ", not free"}`);

  const begin = (visit, how) => {
    const grid = read();
    const key = grid.by === "room" ? "room" : "practitioner";
    const from = grid.week ? visit.closest("td").at.x - 1
      : grid.columns.findIndex((one) => one[key] === visit.dataset[key]);
    const starts = Date.parse(visit.dataset.start);
    const ghost = document.createElement("div");
    ghost.className = "ghost";
    ghost.setAttribute("aria-hidden", "true");
    const who = document.createElement("span");
    who.className = "appt-who";
    who.dir = "auto";
    who.textContent = visit.querySelector(".appt-who")?.textContent.trim() ?? "";
    ghost.append(document.createElement("strong"), who);
    going = { visit, how, grid, ghost, column: Math.max(0, from), height: visit.getBoundingClientRect().height };
    const zone = wrap.dataset.zone;
    const wall = new Intl.DateTimeFormat("en-US", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(starts);
    going.first = grid.week ? Date.parse(`1970-01-01T${wall}:00Z`) : starts;
    going.ms = going.first;
    going.lead = leadOf(grid, visit, going.first);
    going.from = going.column;
    visit.classList.add("leaves");
    document.body.dataset.moving = how;
    wrap.append(ghost);
    show();
  };
  const over = (text) => {
    if (!going) return;
    const { visit } = going;
    going.ghost.remove();
    visit.classList.remove("leaves");
    delete document.body.dataset.moving;
    cancelAnimationFrame(going.frame);
    going = null;
    say(text ?? "");
    if (visit.isConnected) visit.focus({ preventScroll: true });
  };
  const who = () => going.visit.querySelector(".appt-who")?.textContent.trim();

  /* The question goes to the server as it was dropped: an instant, or a day and its wall clock. */
  const drop = () => {
    const { grid, visit, column, ms } = going;
    if (ms === going.first && column === going.from) { over(`${who()} stays.`); return; }
    const asks = new URLSearchParams();
    const practitioner = grid.by === "practitioner" ? grid.columns[column].practitioner : visit.dataset.practitioner;
    if (grid.week) {
      asks.set("date", grid.columns[column].day);
      asks.set("time", new Date(ms).toISOString().slice(11, 16));
      asks.set("practitioner", practitioner);
    } else asks.set("choice", `${practitioner}@${new Date(ms).toISOString().slice(0, 16)}Z`);
    if (grid.by === "room") asks.set("room", grid.columns[column].room);
    going.asked = true;
    htmx.ajax("GET", `${visit.getAttribute("href")}move-to/?${asks}`, { target: dialog, swap: "innerHTML" }).then(() => {
      if (!dialog.querySelector("form")) { over("Not moved."); return; }
      htmx.process(dialog);
      dialog.showModal();
      (dialog.querySelector(".form-acts .btn-primary") ?? dialog.querySelector("h2")).focus();
    });
  };
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    over("Not moved.");
  });
  /* Refused as it was sent: the card has the reason, and offers other times. */
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== sheet || !dialog.open) return;
    dialog.close();
    sheet.querySelector("[data-refusal], .card-ask[open] .is-invalid, .card-ask[open] input[name=choice]")?.focus();
  });
  ["htmx:responseError", "htmx:sendError"].forEach((name) => dialog.addEventListener(name, () => {
    if (dialog.open) dialog.close(); else over("Not moved.");
  }));

  /* Keys. Single ones can be switched off, as everywhere. */
  const keysOn = () => {
    try { return localStorage.getItem("keys") !== "off"; } catch { return true; }
  };
  const toward = (dx, dy) => {
    const { grid } = going;
    if (dy) {
      going.ms = snapped(going.ms + dy * step * MINUTE);
    }
    if (dx) {
      going.column = Math.min(grid.columns.length - 1, Math.max(0, going.column + dx));
    }
    show();
    going.ghost.scrollIntoView({ block: "nearest", inline: "nearest" });
    tell();
  };
  const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  addEventListener("keydown", (event) => {
    if (going?.asked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (going) {
      if (event.key === "Escape" || event.key === "Tab") over("Not moved.");
      else if (going.how === "keys" && ARROWS[event.key]) toward(...ARROWS[event.key]);
      else if (going.how === "keys" && event.key === "Enter") drop();
      if (event.key === "Tab") return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key.toLowerCase() !== "m" || !keysOn()) return;
    const visit = event.target.closest?.("#board-wrap .appt");
    if (!visit) return;
    event.preventDefault();
    event.stopPropagation();
    if (!visit.matches(".moves")) { say("This visit is not moved from here."); return; }
    begin(visit, "keys");
    say(`Moving ${who()} from ${named()}. Arrow keys choose, Enter asks, Escape gives up.`);
  }, true);

  /* The pointer. A finger scrolls; whoever has only a finger moves a visit from its card. */
  let press = null;
  const follow = () => {
    if (!going || going.how !== "drag" || going.asked) return;
    const frame = wrap.getBoundingClientRect();
    const head = going.grid.board.tHead.getBoundingClientRect().height;
    const { x, y } = press;
    const up = y < frame.top + head + EDGE ? -1 : y > frame.bottom - EDGE ? 1 : 0;
    const aside = x < frame.left + EDGE ? -1 : x > frame.right - EDGE ? 1 : 0;
    if (up || aside) wrap.scrollBy(aside * 12, up * 12);
    going.column = columnAt(x);
    going.ms = snapped(timeAt(y) - going.grip + (step * MINUTE) / 2);
    show();
    going.frame = requestAnimationFrame(follow);
  };
  wrap.addEventListener("pointerdown", (event) => {
    const visit = event.target.closest(".appt.moves");
    if (!visit || going || event.button !== 0 || event.pointerType === "touch") return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    press = { visit, x: event.clientX, y: event.clientY, fromX: event.clientX, fromY: event.clientY };
  });
  wrap.addEventListener("dragstart", (event) => { if (event.target.closest?.(".appt")) event.preventDefault(); });
  addEventListener("pointermove", (event) => {
    if (!press) return;
    press.x = event.clientX;
    press.y = event.clientY;
    if (going || Math.hypot(press.x - press.fromX, press.y - press.fromY) < FAR) return;
    begin(press.visit, "drag");
    going.grip = timeAt(press.fromY) - going.first;
    follow();
  });
  const letGo = (event) => {
    const dragged = going?.how === "drag" && !going.asked;
    press = null;
    if (!dragged) return;
    cancelAnimationFrame(going.frame);
    /* The click that follows opens no card. */
    const stop = (click) => { click.preventDefault(); click.stopPropagation(); };
    addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", stop, true), 50);
    if (event.type === "pointerup") drop(); else over("Not moved.");
  };
  addEventListener("pointerup", letGo);
  addEventListener("pointercancel", letGo);
})();

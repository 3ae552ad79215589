/* The offer to take back what was done: it goes when its time is over, or is closed; a press after
   that is refused in words. Beside another visit's card its key only leads to the button, which says
   whose act is taken back: the next press does it, and the board stays the one that is read. */
(() => {
  const toast = document.querySelector(".toast-undo");
  if (!toast) return;
  const CLOSED = "undo-closed";
  const button = toast.querySelector("[data-key]");
  const ask = toast.querySelector(".toast-ask");
  const board = toast.querySelector("[name=board]");
  const own = `${toast.dataset.of} ${toast.dataset.version}`;
  const sheet = document.getElementById("sheet");
  const gone = () => {
    const here = toast.contains(document.activeElement);
    toast.remove();
    if (!here) return;
    (sheet?.querySelector("#visit-who") ?? document.querySelector("[data-board] tbody a[tabindex='0']")
      ?? document.getElementById("main"))?.focus();
  };
  const close = () => {
    try { sessionStorage.setItem(CLOSED, own); } catch { /* It comes back with the next page. */ }
    gone();
  };
  try { if (sessionStorage.getItem(CLOSED) === own) { toast.remove(); return; } } catch { /* Not closed. */ }
  setTimeout(gone, Number(toast.dataset.left) * 1000);
  toast.querySelector("[data-closes-undo]").addEventListener("click", close);
  toast.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  /* Before the page presses the button for the key. */
  document.addEventListener("keydown", () => {
    const open = sheet?.querySelector("[data-visit]")?.dataset.visit;
    button.toggleAttribute("data-key-leads", Boolean(open) && open !== toast.dataset.of);
  }, true);
  button.addEventListener("focus", () => { ask.hidden = !button.hasAttribute("data-key-leads"); });
  button.addEventListener("blur", () => { ask.hidden = true; });
  toast.querySelector("form").addEventListener("submit", () => {
    if (board) board.value = location.pathname + location.search;
  });
})();

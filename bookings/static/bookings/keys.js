/* The sheet of keys, over the board: "?" presses its link. Without this file it is a page. */
(() => {
  const dialog = document.createElement("dialog");
  dialog.className = "confirm dialog-wide";
  dialog.setAttribute("aria-labelledby", "keys-title");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-keys-sheet]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const back = document.activeElement;
    if (!dialog.isConnected) document.getElementById("main").append(dialog);
    htmx.ajax("GET", link.href, { target: dialog, swap: "innerHTML" }).then(() => {
      if (dialog.open || !dialog.firstElementChild) return;
      dialog.showModal();
      document.getElementById("keys-title")?.focus();
      dialog.addEventListener("close", () => back?.focus?.(), { once: true });
    });
  });
})();

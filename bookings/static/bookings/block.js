/* "Block" beside "Book": an empty cell that is pointed at or focused offers to keep its time free.
   Without this file the page behind the cell offers the same. */
(() => {
  const wrap = document.getElementById("board-wrap");
  if (!wrap?.querySelector("[data-board][data-block]")) return;
  const link = document.createElement("a");
  link.className = "slot-block";
  link.dataset.card = "";
  link.tabIndex = -1;
  link.setAttribute("aria-keyshortcuts", "b");
  link.textContent = "Block";
  const offer = (event) => {
    const slot = event.target.closest?.("td")?.querySelector("a.slot");
    if (!slot || link.previousElementSibling === slot) return;
    link.href = slot.closest("[data-board]").dataset.block + new URL(slot.href).search;
    slot.after(link);
  };
  wrap.addEventListener("mouseover", offer);
  wrap.addEventListener("focusin", offer);
})();

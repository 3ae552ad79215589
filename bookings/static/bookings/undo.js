/* The offer to take back what was done goes when its time is over; a press after that is refused in words. */
(() => {
  const toast = document.querySelector("[data-left]");
  if (!toast) return;
  setTimeout(() => {
    if (toast.contains(document.activeElement)) document.getElementById("main")?.focus();
    toast.remove();
  }, Number(toast.dataset.left) * 1000);
})();

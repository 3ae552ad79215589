/* A refused code stays in the scan field to be compared; the next scan types over it. */
(() => {
  document.querySelector("input[data-scan]")?.select();
})();

/* A field takes more than it may hold, so that nothing is cut: say in time what is left, and then
   what is too much. The server refuses it. */
(() => {
  const NEAR = 20;
  const FIELDS = "input[data-most]:not([type=search], [type=password], [type=hidden]), textarea[data-most]";
  const notes = new WeakMap();

  /* The note stands before it has something to say: only then is a change read aloud. */
  const noteOf = (field) => {
    const known = notes.get(field);
    if (known?.isConnected) return known;
    const note = document.createElement("p");
    note.className = "form-text limit";
    note.setAttribute("aria-live", "polite");
    field.after(note);
    notes.set(field, note);
    return note;
  };
  /* As the server counts: whole signs, no blanks around them. */
  const length = (text) => [...text.trim()].length;
  const tell = (field) => {
    const most = Number(field.dataset.most);
    const left = most - length(field.value);
    const note = noteOf(field);
    const near = Math.min(NEAR, Math.floor(most / 4));
    note.classList.toggle("is-full", left <= 0);
    note.textContent = left > near ? "" : left >= 0 ? `${left} left`
      : `${-left} too many: it can have ${most} characters. Shorten it.`;
  };
  for (const kind of ["focusin", "input"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.matches?.(FIELDS)) tell(event.target);
    });
  }
})();

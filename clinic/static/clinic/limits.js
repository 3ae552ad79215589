/* A browser silently takes no more text than a field holds: say so in time, and when it is full. */
(() => {
  const NEAR = 20;
  const FIELDS = "input[maxlength]:not([type=search], [type=password], [type=hidden]), textarea[maxlength]";
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
  const tell = (field) => {
    const most = field.maxLength;
    const left = most - field.value.length;
    const note = noteOf(field);
    const near = Math.min(NEAR, Math.floor(most / 4));
    note.classList.toggle("is-full", left <= 0);
    note.textContent = left > near ? "" : left > 0 ? `${left} left` : `${most} of ${most}: nothing more fits`;
  };
  for (const kind of ["focusin", "input"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.matches?.(FIELDS)) tell(event.target);
    });
  }
})();

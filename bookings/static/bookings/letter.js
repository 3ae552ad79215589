/* How long a text message gets, while one types. What is saved is measured by the server, by the
   same rule (bookings/rules/texts.py); without this file the page counts what was sent last. */
(() => {
  const line = document.getElementById("sms-count");
  const field = document.getElementById("id_sms");
  if (!line || !field) return;
  const { blanks, house, plain, twice } = JSON.parse(line.dataset.countedBy);
  const BLANK = /\{([^{}]*)\}/g;

  /* A line with a blank that is empty is left out, and so is the empty line before it. */
  const fill = (text) => {
    const lines = [];
    for (const one of text.split("\n")) {
      if ([...one.matchAll(BLANK)].some((found) => !blanks[found[1]])) {
        while (lines.length && !lines.at(-1)) lines.pop();
      } else lines.push(one.replace(BLANK, (_, name) => blanks[name]));
    }
    return lines.join("\n");
  };

  const measure = (text) => {
    const odd = [...new Set(text)].filter((c) => !plain.includes(c) && !twice.includes(c)).join("");
    const [one, part] = odd ? [70, 67] : [160, 153];
    const count = odd ? text.length : [...text].reduce((n, c) => n + (twice.includes(c) ? 2 : 1), 0);
    const parts = count <= one ? 1 : Math.ceil(count / part);
    return { count, parts, fits: parts === 1 ? one : parts * part, odd };
  };

  const say = () => {
    const { count, parts, fits, odd } = measure(fill(field.value.trim() || house));
    line.textContent = `With a long name, ${count} of ${fits} characters, in ${parts} part${parts === 1 ? "" : "s"}.`
      + (odd ? ` Because of ${odd} a part holds fewer.` : "")
      + (parts > 2 ? " Too long: at most 2 parts." : "");
    line.classList.toggle("text-danger", parts > 2);
  };

  /* Beside what is typed it is read; said aloud once the typing pauses. */
  field.after(line);
  let soon;
  field.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(say, 150); });
  say();
})();

/* New appointment: a time picked from the list fills the fields, a field typed in lets go of the list. */
(() => {
  const form = document.getElementById("new-visit");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);

  const selectPractitioner = (key) => {
    const option = [...field("practitioner").options].find((one) => one.value === key);
    if (!option) return;
    option.disabled = false;
    option.selected = true;
  };
  const pick = (radio) => {
    const [who] = radio.value.split("@");
    selectPractitioner(who);
    const label = radio.closest("label");
    field("time").value = label.dataset.time || label.textContent.trim();
    field("date").value = radio.closest("[data-day]").dataset.day;
  };
  const letGo = () => form.querySelectorAll('input[name="slot"]:checked').forEach((radio) => {
    radio.checked = false;
  });

  form.addEventListener("change", (event) => {
    if (event.target.name === "slot") pick(event.target);
    else if (["date", "practitioner", "service"].includes(event.target.name)) letGo();
  }, true);
  form.addEventListener("input", (event) => {
    if (event.target.name === "time") letGo();
  });

  /* The field for the practitioner comes anew with each list, and may come late: what is selected
     by now stays selected, and stays to be sent, so that a refusal can name her. */
  let kept = "";
  document.addEventListener("htmx:oobBeforeSwap", () => { kept = field("practitioner").value; });
  document.addEventListener("htmx:oobAfterSwap", () => {
    selectPractitioner(kept);
  });

  /* A patient named in full is chosen by the server; then the rest of the page should know. */
  document.addEventListener("htmx:afterSwap", (event) => {
    const chosen = event.target.id === "found" && event.target.querySelector("input:checked");
    if (chosen) chosen.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* The words say "New patient" once someone is typed in; the name itself never goes into an address. */
  const newcomer = form.querySelector(".newcomer");
  const mark = document.createElement("input");
  mark.type = "hidden";
  mark.name = "new";
  mark.value = "1";
  newcomer.addEventListener("input", () => {
    const typed = [...newcomer.querySelectorAll("input:not([type=hidden])")].some((one) => one.value.trim());
    if (typed && !mark.isConnected) newcomer.append(mark);
    if (!typed) mark.remove();
  });
})();

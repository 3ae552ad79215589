/* New appointment: a time picked from the list fills the fields, a field typed in lets go of the list. */
(() => {
  const form = document.getElementById("new-visit");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  form.querySelector("[data-first]")?.remove();
  /* What was wrong with a field is over once it is filled by a choice. */
  const mended = (...names) => names.forEach((name) => {
    field(name).dispatchEvent(new Event("mended", { bubbles: true }));
  });

  const selectPractitioner = (key) => {
    const option = [...field("practitioner").options].find((one) => one.value === key);
    if (!option) return;
    option.disabled = false;
    option.selected = true;
  };
  /* With whom it is stands in the time that was picked; who may be asked for stays as it was. */
  const pick = (radio) => {
    const label = radio.closest("label");
    field("time").value = label.dataset.time || label.textContent.trim();
    field("date").value = radio.closest("[data-day]").dataset.day;
    mended("time", "date", "practitioner");
  };
  /* One time may stand in the list twice, among the soonest and in its row: both show it. */
  const mark = (key) => form.querySelectorAll('input[name="slot"]').forEach((radio) => {
    radio.closest("label").classList.toggle("is-picked", radio.value === key);
  });
  const letGo = () => {
    mark("");
    form.querySelectorAll('input[name="slot"]:checked').forEach((radio) => { radio.checked = false; });
  };

  form.addEventListener("change", (event) => {
    if (event.target.name === "slot") { pick(event.target); mark(event.target.value); }
    else if (["date", "practitioner", "service", "room"].includes(event.target.name)) letGo();
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

  /* The words say "New patient" once someone is typed in; the name itself never goes into an address. */
  const newcomer = form.querySelector(".newcomer");
  const newcomerSaid = document.createElement("input");
  newcomerSaid.type = "hidden";
  newcomerSaid.name = "new";
  newcomerSaid.value = "1";
  newcomer?.addEventListener("input", () => {
    const typed = [...newcomer.querySelectorAll("input:not([type=hidden])")].some((one) => one.value.trim());
    if (typed && !newcomerSaid.isConnected) newcomer.append(newcomerSaid);
    if (!typed) newcomerSaid.remove();
  });

  /* That there is a reason to book it sooner counts for times and words; what it says is sent with the booking alone. */
  const reason = field("override_reason");
  if (!reason) return;
  const sooner = document.createElement("input");
  sooner.type = "hidden";
  sooner.name = "sooner";
  sooner.value = "1";
  const said = () => {
    if (reason.value.trim()) reason.after(sooner); else sooner.remove();
  };
  reason.addEventListener("input", said);
  said();
})();

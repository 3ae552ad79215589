/* New appointment: a time picked from the list fills the fields, a field typed in lets go of the list. */
(() => {
  const form = document.getElementById("new-visit");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);

  const pick = (radio) => {
    const [who] = radio.value.split("@");
    const select = field("practitioner");
    const option = [...select.options].find((one) => one.value === who);
    if (option) option.selected = true;
    field("time").value = radio.dataset.time;
    field("date").value = radio.dataset.day;
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

/* A passkey answers the question that stands on its form; the form is then sent with the answer. */
(() => {
  const bytes = (text) => Uint8Array.from(
    atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const make = async (asked) => {
    const made = await navigator.credentials.create({ publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: known(asked.excludeCredentials),
    } });
    return [made, { attestationObject: text(made.response.attestationObject) }];
  };
  const prove = async (asked) => {
    const found = await navigator.credentials.get({ publicKey: {
      ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials),
    } });
    const { authenticatorData, signature, userHandle } = found.response;
    return [found, {
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    }];
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const says = form.querySelector("[data-passkey-says]");
    const field = form.elements.credential;
    form.addEventListener("submit", async (event) => {
      if (field.value) return;
      event.preventDefault();
      says.textContent = "";
      if (!window.PublicKeyCredential) { says.textContent = says.dataset.none; return; }
      const { publicKey } = JSON.parse(form.dataset.question);
      try {
        const [one, answer] = await (form.dataset.passkey === "create" ? make : prove)(publicKey);
        field.value = JSON.stringify({
          id: one.id,
          rawId: text(one.rawId),
          type: one.type,
          response: { clientDataJSON: text(one.response.clientDataJSON), ...answer },
          clientExtensionResults: one.getClientExtensionResults(),
        });
      } catch {
        says.textContent = says.dataset.no;
        return;
      }
      form.requestSubmit();
    });
  });
})();

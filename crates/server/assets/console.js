// Enhancement only: every page works without this file.
const all = (selector) => document.querySelectorAll(selector);
for (const element of all("[data-js], [data-copy], [data-show], [data-settings]")) element.hidden = false;
for (const button of all("[data-copy]")) {
  const label = button.querySelector("span"), idle = label.textContent, source = document.getElementById(button.dataset.copy);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      label.textContent = button.dataset.done;
      document.querySelector("[role=status]").textContent = button.dataset.done; // said by screen readers
      setTimeout(() => (label.textContent = idle), 4000);
    } catch {
      getSelection().selectAllChildren(source); // no permission: select it, Ctrl+C does the rest
    }
  });
}
for (const button of all("[data-show]")) {
  const field = document.getElementById(button.dataset.show), idle = button.textContent;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.textContent = shown ? idle : button.dataset.done;
  });
}
for (const button of all("[data-settings]")) {
  button.addEventListener("click", () => {
    const line = (name, at) => `${name}=${document.getElementById(`secret-${at + 1}`).textContent.trim()}\n`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(button.dataset.settings.split(" ").map(line)));
    link.download = "poort.env";
    link.click();
  });
}
for (const line of all("[data-poll]")) {
  let tries = 200; // ten minutes
  const look = async () => {
    const answer = await fetch(line.dataset.poll).catch(() => null);
    if (answer?.status === 200) line.textContent = await answer.text();
    else if (tries--) setTimeout(look, 3000);
  };
  look();
}
const keys = globalThis.PublicKeyCredential;
for (const form of keys?.parseCreationOptionsFromJSON ? all("[data-passkey]") : []) {
  let stop; // a browser waits for one passkey at a time
  const ask = async (mediation) => {
    stop?.abort();
    const { signal } = (stop = new AbortController());
    try {
      const options = await (await fetch(form.dataset.passkey, { method: "POST", body: new URLSearchParams(new FormData(form)) })).json();
      form.elements.passkey.value = JSON.stringify(
        await (options.rp
          ? navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON(options), signal })
          : navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(options), mediation, signal })),
      );
      form.submit();
    } catch {
      if (!mediation && !signal.aborted) form.querySelector("[role=status]").textContent = form.dataset.failed;
    }
  };
  form.hidden = false;
  for (const without of all("[data-nojs]")) without.hidden = true;
  form.addEventListener("submit", (event) => (event.preventDefault(), ask()));
  if ("auto" in form.dataset) keys.isConditionalMediationAvailable?.().then((is) => is && ask("conditional"));
}
document.querySelector("[data-focus], .ticket h2")?.focus();

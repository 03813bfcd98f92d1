// Uploads that the server cannot take now, as on a full disk, wait in the page until the person tries again, whoever
// sends them: uploads.js, or gradio's own places for pictures.
"use strict";
{
  const { t } = workbench.words;
  const UPLOAD = "gradio_api/upload";
  const NO_REPLY = t("The server does not answer.");
  const send = window.fetch.bind(window);
  const waiting = new Map(); // FormData of an upload -> {words, decide}; `decide(again)` tries again or gives it up

  window.fetch = (address, options) => {
    const isUpload = options?.body instanceof FormData && String(address).includes(UPLOAD);
    return isUpload ? patientSend(address, options) : send(address, options);
  };

  async function patientSend(address, options) {
    for (;;) {
      const reply = await send(address, options).catch((lost) => lost);
      const lost = !(reply instanceof Response);
      if (!lost && reply.status < 500) return reply; // taken, or refused for good
      if (await decision(options.body, lost ? NO_REPLY : await reasonOf(reply))) continue;
      if (lost) throw new Error(NO_REPLY);
      return reply;
    }
  }

  // The server's words for what went wrong, else ours.
  async function reasonOf(reply) {
    try {
      const { error, detail } = await reply.clone().json();
      if (typeof (error || detail) === "string") return error || detail;
    } catch (plain) {
      // a proxy's page, or nothing
    }
    return reply.status >= 500
      ? t("The server cannot store files at the moment (HTTP {status}); its disk may be full.", reply)
      : t("The server refused it (HTTP {status}).", reply);
  }

  async function decision(form, words) {
    const again = await new Promise((decide) => {
      waiting.set(form, { words, decide });
      tell();
    });
    waiting.delete(form);
    tell();
    return again;
  }

  function tell() {
    document.querySelector(".unsent")?.remove();
    if (!waiting.size) return;
    const files = Array.from(waiting.keys()).flatMap((form) => form.getAll("files")).length;
    const all = Array.from(waiting.values());
    const told = Object.assign(document.createElement("div"), { className: "unsent trouble html-container" });
    told.setAttribute("role", "alert");
    const [kept, { words }] = [files, all[0]];
    told.append(kept === 1 ? t("1 file is kept in this page, not uploaded yet: {words}", { words })
      : t("{count} files are kept in this page, not uploaded yet: {words}", { count: kept, words }), " ");
    for (const [label, again] of [[t("Try again"), true], [t("Discard"), false]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: label });
      button.addEventListener("click", () => all.forEach(({ decide }) => decide(again)));
      told.append(button, " ");
    }
    document.querySelector(".gradio-container").append(told);
  }

  window.addEventListener("beforeunload", (event) => waiting.size && event.preventDefault());

  workbench.unsent = { UPLOAD, reasonOf };
}

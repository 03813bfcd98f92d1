// Who has logged in, where the page asks for it; and that the session has ended, once the server says so.
"use strict";
{
  const { t } = workbench.words;
  const account = window.siamese.account || null; // {name, role, formToken}
  const ROLES = { annotator: t("annotator"), reviewer: t("reviewer"), owner: t("owner") };
  const UNKNOWN = 401;
  const here = (path) => new URL(path, document.baseURI).href;

  // Makes the header's field show the name, which cannot be typed, and puts the way out beside it.
  function fill(header, field) {
    if (!account) return false;
    Object.assign(field, { value: account.name, readOnly: true, title: ROLES[account.role] });
    const form = Object.assign(document.createElement("form"), { method: "post", action: here("logout"), className: "logout" });
    const token = Object.assign(document.createElement("input"), { type: "hidden", name: "form_token", value: account.formToken });
    form.append(token, Object.assign(document.createElement("button"), { type: "submit", textContent: t("Log out") }));
    header.querySelector("label").after(form);
    return true;
  }

  function tell() {
    const told = Object.assign(document.createElement("div"), { className: "unsent trouble html-container session-ended" });
    told.setAttribute("role", "alert");
    const login = Object.assign(document.createElement("a"), { href: here("login"), target: "_blank", textContent: t("Log in again") });
    told.append(t("You are logged out. What you have answered waits in this page until you are back."), " ", login);
    document.querySelector(".gradio-container").append(told);
  }

  function watch() {
    const send = window.fetch.bind(window);
    window.fetch = async (address, options) => {
      const reply = await send(address, options);
      const told = document.querySelector(".session-ended");
      if (reply.status === UNKNOWN && !told) tell();
      else if (reply.ok && told) told.remove();
      return reply;
    };
  }

  if (account) watch();

  workbench.account = { account, role: account && ROLES[account.role], fill };
}

// The header: the annotator's name, which tab was open, and buttons anywhere that lead to another tab.
"use strict";
{
  const { localStorage, typedName } = workbench.memory;

  function start(element) {
    const field = element.querySelector("input");
    if (!workbench.account.fill(element, field)) {
      field.value = typedName();
      field.addEventListener("input", () => localStorage.setItem("siamese.annotator", field.value));
    }
    const languages = element.querySelector("[data-speak]");
    languages.value = workbench.words.language;
    languages.addEventListener("change", () => workbench.words.speak(languages.value));
    reopenTab();
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-goto]");
      if (button) workbench.links.open(button.dataset.goto);
    });
  }

  // A reload opens the tab that was open, a link the one that it names. The tabs are mounted after the header.
  function reopenTab() {
    const waiting = setInterval(() => {
      const tablist = document.querySelector("#tabs [role=tablist]");
      if (!tablist?.querySelector("[role=tab]")) return;
      clearInterval(waiting);
      menu(tablist);
      workbench.links.open(workbench.links.openTab());
    }, 50);
  }

  // On a phone the tabs are a menu behind a button that names the open one.
  function menu(tablist) {
    const frame = tablist.parentElement;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "tab-menu" });
    tablist.id = "tab-list";
    button.setAttribute("aria-controls", tablist.id);
    const set = (open) => {
      frame.classList.toggle("open", open);
      button.setAttribute("aria-expanded", String(open));
    };
    const name = () => (button.textContent = tablist.querySelector("[aria-selected=true]")?.textContent || "");
    button.addEventListener("click", () => set(!frame.classList.contains("open")));
    document.addEventListener("click", (event) => event.target !== button && set(false));
    frame.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      set(false);
      button.focus();
    });
    new MutationObserver(name).observe(tablist, { subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
    frame.prepend(button);
    set(false);
    name();
  }

  workbench.masthead = { start };
}

// The header: the annotator's name, which tab was open, and buttons anywhere that lead to another tab.
"use strict";
{
  const { localStorage, sessionStorage } = workbench.memory;

  function start(element) {
    const field = element.querySelector("input");
    field.value = localStorage.getItem("siamese.annotator") || "";
    field.addEventListener("input", () => localStorage.setItem("siamese.annotator", field.value));
    reopenTab();
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-goto]");
      if (button) document.querySelector(`#tabs button[role=tab][data-tab-id="${button.dataset.goto}"]`)?.click();
    });
  }

  // A reload opens the tab that was open. The tabs are mounted after the header.
  function reopenTab() {
    const tabs = () => Array.from(document.querySelectorAll("#tabs button[role=tab]"));
    const open = sessionStorage.getItem("siamese.tab");
    const waiting = open && setInterval(() => {
      if (!tabs().length) return;
      clearInterval(waiting);
      tabs().find((tab) => tab.textContent.trim() === open)?.click();
    }, 50);
    document.addEventListener("click", (event) => {
      const tab = event.target.closest("#tabs button[role=tab]");
      if (tab) sessionStorage.setItem("siamese.tab", tab.textContent.trim());
    });
  }

  workbench.masthead = { start };
}

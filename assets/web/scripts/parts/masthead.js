// The header: the annotator's name, and which tab was open.
"use strict";
{
  const { localStorage, sessionStorage } = workbench.memory;

  function start(element) {
    const field = element.querySelector("input");
    field.value = localStorage.getItem("siamese.annotator") || "";
    field.addEventListener("input", () => localStorage.setItem("siamese.annotator", field.value));
    reopenTab();
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

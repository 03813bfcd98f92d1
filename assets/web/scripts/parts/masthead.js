// The header: the annotator's name, which tab was open, and buttons anywhere that lead to another tab.
"use strict";
{
  const { localStorage } = workbench.memory;

  function start(element) {
    const field = element.querySelector("input");
    field.value = localStorage.getItem("siamese.annotator") || "";
    field.addEventListener("input", () => localStorage.setItem("siamese.annotator", field.value));
    reopenTab();
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-goto]");
      if (button) workbench.links.open(button.dataset.goto);
    });
  }

  // A reload opens the tab that was open, a link the one that it names. The tabs are mounted after the header.
  function reopenTab() {
    const waiting = setInterval(() => {
      if (!document.querySelector("#tabs button[role=tab]")) return;
      clearInterval(waiting);
      workbench.links.open(workbench.links.openTab());
    }, 50);
  }

  workbench.masthead = { start };
}

// The One-shot tab: the support set, and the rankings with a click on the right class.
"use strict";
{
  const { remember, who } = workbench.memory;
  const { onClick, onKey } = workbench.keys;

  function support(element, events, watch) {
    workbench.uploads.fileAdder(element, "image/*", events.added);
    onClick(element, "data-sampled", () => events.sampled());
    onClick(element, "data-emptied", () => events.emptied());
    onClick(element, "data-remove", (button) => events.removed({ index: Number(button.dataset.remove) }));
    element.addEventListener("change", (event) => {
      const field = event.target.closest("[data-rename]");
      if (field) events.renamed({ index: Number(field.dataset.rename), name: field.value });
    });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("[data-rename]")) event.target.blur();
    });
    const keep = () => remember(element);
    watch("value", keep);
    keep();
  }

  function rankings(element, corrected, watch) {
    let since = performance.now();
    let onScreen = "";
    const correct = (right) => {
      const query = element.querySelector(".rankings").dataset.query;
      corrected({ ...who(), query, class: right, milliseconds: Math.round(performance.now() - since) });
    };
    onClick(element, "data-class", (button) => correct(button.dataset.class));
    onClick(element, "data-none", () => correct(null));
    onClick(element, "data-undo", () => workbench.compare.takeBack());
    onKey(element, (key) => (key === "z" ? (workbench.compare.takeBack(), true) : false));
    watch("value", () => {
      remember(element);
      const now = element.querySelector(".rankings")?.dataset.query || "";
      if (now !== onScreen) [onScreen, since] = [now, performance.now()];
    });
  }

  workbench.oneShot = { support, rankings };
}

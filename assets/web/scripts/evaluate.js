// The Evaluate tab: uploads, what is shown, cells that can be clicked, pairs that go to the queue.
"use strict";
{
  const { remember } = workbench.memory;
  const { onClick } = workbench.keys;
  const { t } = workbench.words;

  function uploads(element, added, emptied) {
    workbench.uploads.fileAdder(element, ".zip", added);
    onClick(element, "data-empty", emptied);
  }

  // Above the plots: what is shown goes into the address, and is there again after a reload.
  function head(element, act, watch) {
    function drawn() {
      remember(element);
      const root = element.querySelector(".evaluated");
      const { result, beside } = root?.dataset || {};
      workbench.links.shows("evaluate", result ? { result, ...(beside && { beside }) } : {});
    }
    onClick(element, "data-delete", (button) => act({ result: button.dataset.delete }));
    watch("value", drawn);
    drawn();
    nameSliders(document.getElementById("evaluate-settings"));
  }

  // How gradio names the parts of a slider to who does not see it, which is in English everywhere.
  function nameSliders(settings) {
    const names = [
      [/^number input for (.*)/, (name) => t("{name}, as a number", { name })],
      [/^range slider for (.*)/, (name) => t("{name}, as a slider", { name })],
      [/^Reset to default value$/, () => t("Back to the default")],
    ];
    const translate = () => {
      for (const part of settings.querySelectorAll("[aria-label], button[title]")) {
        for (const attribute of ["aria-label", "title"]) {
          const said = part.getAttribute(attribute) || "";
          for (const [pattern, words] of names) {
            const found = said.match(pattern);
            if (found) part.setAttribute(attribute, words(found[1]));
          }
        }
      }
    };
    new MutationObserver(translate).observe(settings, { childList: true, subtree: true });
    translate();
  }

  function pairs(element, act) {
    onClick(element, "data-queue", (button) => act({ left: button.dataset.left, right: button.dataset.right }));
  }

  // The cells of the confusion by buttons, or by a click in the figure, whose cells carry their number.
  function cells(element, act) {
    onClick(element, "data-cell", (button) => act({ cell: Number(button.dataset.cell) }));
    const attached = new WeakSet(); // gradio makes another figure whenever it draws
    document.addEventListener("pointerover", ({ target }) => {
      const figure = target.closest?.("#plot-confusion .js-plotly-plot");
      if (!figure || attached.has(figure)) return;
      attached.add(figure);
      figure.on("plotly_click", ({ points }) => points[0].customdata >= 0 && act({ cell: points[0].customdata }));
    });
  }

  workbench.evaluate = { uploads, head, pairs, cells, play: workbench.playIn };
}

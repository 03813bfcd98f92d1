// Sample pictures that one can click to try.
"use strict";
{
  const { onClick } = workbench.keys;

  function strip(element, pick) {
    onClick(element, "data-sample", (button, event) => {
      // else the key that answers would draw the browser's frame around what was clicked, whatever is on screen
      if (event.detail) button.blur();
      pick(Number(button.dataset.sample));
    });
  }

  // Frames the sample pair whose pictures are on screen; `opinions` is null where no pair is.
  function frame(opinions) {
    const { left, right } = opinions ? opinions.dataset : {};
    for (const button of document.querySelectorAll("#samples [data-sample]")) {
      const shown = left === button.dataset.left && right === button.dataset.right;
      button.setAttribute("aria-current", String(shown));
    }
  }

  const click = (selector) => document.querySelector(selector)?.click();
  const compareFirst = () => click("#samples [data-sample]");
  const tries = {
    compare: compareFirst,
    find: () => workbench.links.go("find", { try: "one" }),
    one_shot: () => { click("#support [data-sampled]"); click("#sample-queries [data-sample]"); },
  };

  document.addEventListener("click", (event) => tries[event.target.closest("[data-try]")?.dataset.try]?.());

  workbench.samples = { strip, frame, compareFirst };
}

// Plots in gr.Plot, whose bundle has made `Plotly` known by the time that a figure is there.
"use strict";
{
  const { onClick } = workbench.keys;
  const PNG = { format: "png", width: 900, scale: 2 };

  // Until its figure is there gradio shows an element with a label, but without a role that can have one.
  function nameEmpty(place) {
    const name = () => place.querySelectorAll(".empty[aria-label]").forEach((each) => each.setAttribute("role", "img"));
    new MutationObserver(name).observe(place, { childList: true, subtree: true });
    name();
  }

  // The head of a plot: its figure as a file. `confusion-2` is drawn in the place `confusion`.
  function head(element) {
    nameEmpty(element.closest(".plot-place"));
    onClick(element, "data-png", (button) => {
      const name = button.dataset.png;
      const figure = document.querySelector(`#plot-${name.split("-")[0]} .js-plotly-plot`);
      if (figure) Plotly.downloadImage(figure, { ...PNG, filename: name, height: figure.layout.height });
    });
  }

  workbench.plots = { head };
}

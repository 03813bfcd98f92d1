// Ways to look at the pair to label: both pictures at one spot (flip), enlarged, and without the encoders' opinion.
"use strict";
{
  const { localStorage } = workbench.memory;
  const { onClick } = workbench.keys;
  const CLASSES = { flip: "flipped", enlarge: "enlarged", blind: "blind" };
  const MOST_ZOOM = 8;

  class Looking {
    constructor(root) {
      this.root = root;
      this.sight = root.querySelector(".sight");
      this.factor = 1;
      for (const name of Object.keys(CLASSES)) onClick(root, `data-${name}`, () => this.toggle(name));
      this.sight.addEventListener("click", ({ target }) => {
        if (target.closest("a")) return;
        if (this.is("flip")) this.flip();
        else this.toggle("enlarge");
      });
      this.sight.addEventListener("wheel", (event) => this.turnWheel(event), { passive: false });
      this.sight.addEventListener("pointermove", (event) => this.follow(event));
      this.press("blind", localStorage.getItem("siamese.blind") === "1");
    }

    is(name) {
      return this.root.classList.contains(CLASSES[name]);
    }

    press(name, on) {
      this.root.classList.toggle(CLASSES[name], on);
      this.root.querySelector(`[data-${name}]`).setAttribute("aria-pressed", on);
      if (name === "blind") localStorage.setItem("siamese.blind", on ? "1" : "");
      if (name === "enlarge") this.zoom(1);
    }

    toggle(name) {
      this.press(name, !this.is(name));
    }

    // Shows the other of both pictures, or puts them at one spot.
    flip() {
      if (this.is("flip")) this.root.classList.toggle("other");
      else this.press("flip", true);
    }

    plain() {
      for (const name of ["enlarge", "flip"]) this.press(name, false);
    }

    zoom(factor) {
      this.factor = Math.min(MOST_ZOOM, Math.max(1, factor));
      this.sight.style.setProperty("--zoom", this.factor);
    }

    turnWheel(event) {
      if (!this.is("enlarge")) return;
      event.preventDefault();
      this.zoom(this.factor * (event.deltaY < 0 ? 1.25 : 0.8));
    }

    // Both pictures are enlarged about the same place.
    follow(event) {
      const figure = event.target.closest("figure");
      if (!figure) return;
      const box = figure.getBoundingClientRect();
      this.sight.style.setProperty("--x", (100 * (event.clientX - box.left)) / box.width + "%");
      this.sight.style.setProperty("--y", (100 * (event.clientY - box.top)) / box.height + "%");
    }
  }

  workbench.Looking = Looking;
}

// A walk through the page in five steps, the list of keys, and the invitation that a first visit sees.
"use strict";
{
  const { localStorage } = workbench.memory;
  const { onClick, typing } = workbench.keys;
  const WELCOMED = "siamese.welcomed"; // set once the invitation was taken or declined

  class Walk {
    constructor(root) {
      this.root = root;
      this.steps = Array.from(root.querySelectorAll("section"));
      this.at = -1;
    }

    // Shows a step: opens its tab, frames its place.
    show(at) {
      document.querySelectorAll(".walked").forEach((each) => each.classList.remove("walked"));
      this.at = at;
      this.root.hidden = !this.steps[at];
      this.steps.forEach((step, i) => (step.hidden = i !== at));
      if (!this.steps[at]) return;
      this.root.classList.toggle("last", at === this.steps.length - 1);
      this.root.querySelector("[data-walk-back]").disabled = at === 0;
      const { stepTab, stepPlace } = this.steps[at].dataset;
      workbench.links.open(stepTab);
      if (at === 1 && !document.querySelector("#opinions .opinions")) workbench.samples.compareFirst();
      setTimeout(() => this.frame(stepPlace), 100); // the tab is being opened
      this.root.querySelector("[data-walk-on]").focus({ preventScroll: true });
    }

    frame(place) {
      const framed = document.querySelectorAll(place);
      framed.forEach((each) => each.classList.add("walked"));
      framed[0]?.scrollIntoView({ block: "nearest" });
    }

    start() {
      welcomed();
      this.show(0);
    }
  }

  function welcomed() {
    localStorage.setItem(WELCOMED, "1");
    document.documentElement.classList.remove("first-visit");
  }

  function start(element) {
    const dialog = element.querySelector("dialog");
    const walk = new Walk(element.querySelector(".walk"));
    const close = () => dialog.open && dialog.close();
    document.documentElement.classList.toggle("first-visit", !localStorage.getItem(WELCOMED));
    document.addEventListener("click", (event) => {
      const asked = (attribute) => event.target.closest(`[${attribute}]`);
      if (asked("data-keys-help")) dialog.showModal();
      if (asked("data-walk")) { close(); walk.start(); }
      if (asked("data-welcomed")) welcomed();
      if (event.target === dialog) close(); // beside it
    });
    onClick(element, "data-close-keys", close);
    onClick(element, "data-walk-on", () => walk.show(walk.at + 1));
    onClick(element, "data-walk-back", () => walk.show(walk.at - 1));
    onClick(element, "data-walk-close", () => walk.show(-1));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && walk.at >= 0) walk.show(-1);
      if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      event.preventDefault();
      if (dialog.open) close();
      else dialog.showModal();
    });
  }

  workbench.guide = { start };
}

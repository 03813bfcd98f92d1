// Why: asked for a pair once its verdict is drawn; what is marked, and how strongly, stays from pair to pair.
"use strict";
{
  let ask = null;
  let place = null;
  let shown = "both";
  let strength = 1;

  function apply() {
    const section = place.querySelector("section.why");
    if (!section) return;
    section.dataset.shown = shown;
    section.style.setProperty("--strength", strength);
    for (const choice of section.querySelectorAll("[name=why-shown]")) choice.checked = choice.value === shown;
    section.querySelector("[data-strength]").value = strength;
  }

  function panel(element, asked, watch) {
    [place, ask] = [element, asked];
    element.addEventListener("input", (event) => {
      if (event.target.matches("[name=why-shown]")) shown = event.target.value;
      if (event.target.matches("[data-strength]")) strength = Number(event.target.value);
      apply();
    });
    watch("value", apply);
    follow(document.querySelector(".opinions"));
  }

  // The board of a pair has been drawn, or (null) that of none.
  function follow(board) {
    if (!place) return;
    const pair = board ? { left: board.dataset.left, right: board.dataset.right } : {};
    const now = place.querySelector("section.why");
    const other = !now || now.dataset.left !== pair.left || now.dataset.right !== pair.right;
    place.classList.toggle("outdated", other);
    if (pair.left && pair.right) ask(pair);
  }

  workbench.why = { panel, follow };
}

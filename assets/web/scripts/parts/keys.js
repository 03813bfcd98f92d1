// Clicks and keys. Handlers are delegated to a component's root, because gradio patches the HTML inside it.
"use strict";
{
  const ANSWER_KEYS = { s: "same", d: "different", u: "unsure" };

  const visible = (element) => element.offsetParent !== null;

  const typing = (target) =>
    target instanceof Element && target.closest("input:not([type=range]), textarea, select, [contenteditable]");

  // A click inside `element` on something that carries `attribute`.
  function onClick(element, attribute, act) {
    element.addEventListener("click", (event) => {
      const button = event.target.closest(`[${attribute}]`);
      if (button && element.contains(button) && !button.disabled) act(button, event);
    });
  }

  // The key's own letter; of a layout without Latin letters, or an input method ("Process"), that of the key's place.
  function nameOf(event) {
    const key = event.key.toLowerCase();
    const place = /^Key([A-Z])$/.exec(event.code);
    return place && !/^[ -~]$/.test(key) ? place[1].toLowerCase() : key;
  }

  // A key pressed while `element` is on screen, under no open dialog, and nobody types; `act(key)` tells whether it used the key.
  function onKey(element, act) {
    document.addEventListener("keydown", (event) => {
      if (event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (typing(event.target) || !visible(element) || document.querySelector("dialog[open]")) return;
      if (act(nameOf(event))) event.preventDefault();
    });
  }

  workbench.keys = { ANSWER_KEYS, visible, typing, onClick, onKey };
}

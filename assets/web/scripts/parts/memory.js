// What the browser keeps: the tab's own session, the annotator's name, and what was on screen before a reload.
"use strict";
window.workbench = {};
{
  // Stands in for storage that the browser closes to a page, as it does in another site's frame while it blocks
  // third-party cookies. Lasts as long as the page.
  class PageStorage {
    getItem(key) { return Object.hasOwn(this, key) ? this[key] : null; }
    setItem(key, value) { this[key] = String(value); }
    removeItem(key) { delete this[key]; }
  }

  function storage(name) {
    try {
      return window[name];
    } catch (closed) {
      return new PageStorage();
    }
  }

  const localStorage = storage("localStorage");
  const sessionStorage = storage("sessionStorage");

  const randomHex = (bytes) =>
    Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // The list stored under `key`; empty where there is none, or it cannot be read.
  function storedList(storage, key) {
    try {
      return JSON.parse(storage.getItem(key)) || [];
    } catch (torn) {
      return [];
    }
  }

  // A duplicated tab begins with a copy of its original's storage. A page notes that it is open, and takes the note
  // back when it is left; so a note that is there already is another page's, and what is that page's own must go: who
  // it is, its pairs, and its answers to undo. (A tab that the browser itself has unloaded finds its own note.)
  const OPEN = "siamese.open";
  const OWN = ["siamese.session", "siamese.queue", "siamese.history"];
  if (sessionStorage.getItem(OPEN) && !document.wasDiscarded) for (const key of OWN) sessionStorage.removeItem(key);
  const open = () => sessionStorage.setItem(OPEN, "1");
  open();
  window.addEventListener("pageshow", open); // brought back by the browser's "back"
  window.addEventListener("pagehide", () => sessionStorage.removeItem(OPEN));

  function session() {
    let id = sessionStorage.getItem("siamese.session");
    if (!id) {
      id = randomHex(16);
      sessionStorage.setItem("siamese.session", id);
    }
    return id;
  }

  const who = () => ({ session: session(), annotator: localStorage.getItem("siamese.annotator") || "" });

  // Stores what a component has written into `data-remember`; `recall` hands it back when the page loads.
  function remember(element) {
    for (const note of element.querySelectorAll("[data-remember]")) {
      sessionStorage.setItem("siamese." + note.dataset.remember, note.dataset.value);
    }
  }

  const recall = (...keys) => keys.map((key) => sessionStorage.getItem("siamese." + key) || "");

  workbench.memory = { localStorage, sessionStorage, randomHex, storedList, who, remember, recall };
}

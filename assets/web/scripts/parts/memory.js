// What the browser keeps: the tab's own session, the annotator's name, and what was on screen before a reload.
"use strict";
window.workbench = {};
{
  // The browser's storage; what that does not take lasts as long as the page. It is closed to a page in another
  // site's frame while the browser blocks third-party cookies, and may be full, of other programs' at this address.
  class PatientStorage {
    constructor(name) {
      this.page = new Map();
      try {
        this.own = window[name];
      } catch (closed) {
        this.own = null;
      }
    }

    getItem(key) {
      return this.page.get(key) ?? this.own?.getItem(key) ?? null;
    }

    setItem(key, value) {
      this.removeItem(key);
      try {
        this.own.setItem(key, value);
      } catch (closedOrFull) {
        this.page.set(key, String(value));
      }
    }

    removeItem(key) {
      this.page.delete(key);
      this.own?.removeItem(key);
    }

    keys() {
      return [...this.page.keys(), ...Object.keys(this.own || {})];
    }
  }

  const localStorage = new PatientStorage("localStorage");
  const sessionStorage = new PatientStorage("sessionStorage");

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

  // Who has logged in cannot be another one by typing.
  const typedName = () => localStorage.getItem("siamese.annotator") || "";
  const who = () => ({ session: session(), annotator: window.siamese.account?.name ?? typedName() });

  // Stores what a component has written into `data-remember`; `recall` hands it back when the page loads.
  function remember(element) {
    for (const note of element.querySelectorAll("[data-remember]")) {
      sessionStorage.setItem("siamese." + note.dataset.remember, note.dataset.value);
    }
  }

  const recall = (...keys) => keys.map((key) => sessionStorage.getItem("siamese." + key) || "");

  workbench.memory = { localStorage, sessionStorage, randomHex, storedList, typedName, who, remember, recall };
}

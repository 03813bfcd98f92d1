// What the page does in the browser. Components find their part of it under `window.workbench`.
// Handlers are delegated to the component's root, because gradio patches the HTML inside it.
"use strict";

window.workbench = (() => {
  const RETRY_MS = 2000;
  const KEYS = { s: "same", d: "different", u: "unsure" };
  const DRAWN_AFTER_MS = 500;
  const FILES_AT_ONCE = 20;
  const FILES_IN_A_PART = 1000;

  // ---- who answers, what is remembered ----------------------------------------------------------

  // What stands in for the browser's storage where that is closed to us, as to a page in another site's frame
  // while cookies of third parties are blocked: it lasts as long as the page.
  class Kept {
    getItem(key) { return Object.hasOwn(this, key) ? this[key] : null; }
    setItem(key, value) { this[key] = String(value); }
    removeItem(key) { delete this[key]; }
  }

  function storage(name) {
    try {
      return window[name];
    } catch (closed) {
      return new Kept();
    }
  }

  const localStorage = storage("localStorage");
  const sessionStorage = storage("sessionStorage");

  function session() {
    let id = sessionStorage.getItem("siamese.session");
    if (!id) {
      id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
      sessionStorage.setItem("siamese.session", id);
    }
    return id;
  }

  const who = () => ({ session: session(), annotator: localStorage.getItem("siamese.annotator") || "" });

  function annotator(element) {
    const field = element.querySelector("input");
    field.value = localStorage.getItem("siamese.annotator") || "";
    field.addEventListener("input", () => localStorage.setItem("siamese.annotator", field.value));
    keepTab();
  }

  // A reload opens the tab that was open. The tabs are mounted after the header.
  function keepTab() {
    const tabs = () => Array.from(document.querySelectorAll("#tabs button[role=tab]"));
    const open = sessionStorage.getItem("siamese.tab");
    const waiting = open && setInterval(() => {
      if (!tabs().length) return;
      clearInterval(waiting);
      tabs().find((tab) => tab.textContent.trim() === open)?.click();
    }, 50);
    document.addEventListener("click", (event) => {
      const tab = event.target.closest("#tabs button[role=tab]");
      if (tab) sessionStorage.setItem("siamese.tab", tab.textContent.trim());
    });
  }

  function remember(element) {
    for (const note of element.querySelectorAll("[data-remember]")) {
      sessionStorage.setItem("siamese." + note.dataset.remember, note.dataset.value);
    }
  }

  const recall = (...keys) => keys.map((key) => sessionStorage.getItem("siamese." + key) || "");

  function remembering(element, watch) {
    const keep = () => remember(element);
    watch("value", keep);
    keep();
  }

  // ---- small helpers ----------------------------------------------------------------------------

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

  function onKey(element, act) {
    document.addEventListener("keydown", (event) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (typing(event.target) || !visible(element)) return;
      if (act(event.key.toLowerCase())) event.preventDefault();
    });
  }

  // ---- drawing and pasting ----------------------------------------------------------------------

  const pads = [];

  // A place for a picture. `give({path, name})` puts an uploaded picture there, `give({path: null})` empties it;
  // `shown`: the browser has tried to show it already.
  function pad(element, give, upload) {
    const place = element.closest(".place");
    const canvas = element.querySelector("canvas");
    const pen = canvas.getContext("2d");
    const strokes = [];
    let timer = null;

    const offer = async (file) => give({ ...(await upload(file)), name: file.name });
    pads.push({ element, place, offer });

    function repaint() {
      pen.fillStyle = "white";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.strokeStyle = pen.fillStyle = "black";
      pen.lineWidth = canvas.width / 28;
      pen.lineCap = pen.lineJoin = "round";
      for (const stroke of strokes) {
        pen.beginPath();
        stroke.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
        if (stroke.length === 1) pen.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
        pen.stroke();
      }
    }

    function changed() {
      repaint();
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!strokes.length) return give({ path: null });
        canvas.toBlob((blob) => offer(new File([blob], "drawing.png", { type: "image/png" })), "image/png");
      }, DRAWN_AFTER_MS);
    }

    function point(event) {
      const box = canvas.getBoundingClientRect();
      const scale = canvas.width / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    }

    // What is said of the pictures before must not be answered once another one is on screen.
    let source = null;
    new MutationObserver(() => {
      const now = place.querySelector("img")?.getAttribute("src") || null;
      if (now === source) return;
      source = now;
      outdate(place.closest(".tabitem")?.querySelector(".opinions, .rankings"));
    }).observe(place, { childList: true, subtree: true, attributes: true, attributeFilter: ["src"] });
    // A picture that the browser cannot show (TIFF, say) comes back from the server as one that it can.
    place.addEventListener("error", (event) => {
      const path = event.target.tagName === "IMG" && (event.target.getAttribute("src") || "").split("/gradio_api/file=")[1];
      if (path) give({ path: decodeURIComponent(path), shown: true });
    }, true);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      clearTimeout(timer);
      strokes.push([point(event)]);
      repaint();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!event.buttons || !canvas.hasPointerCapture(event.pointerId)) return;
      strokes[strokes.length - 1].push(point(event));
      repaint();
    });
    canvas.addEventListener("pointerup", changed);
    canvas.addEventListener("pointercancel", changed);
    onClick(element, "data-draw", () => place.classList.add("drawing"));
    onClick(element, "data-done", () => place.classList.remove("drawing"));
    onClick(element, "data-step", () => strokes.pop() && changed());
    onClick(element, "data-wipe", () => {
      if (strokes.length) { strokes.length = 0; changed(); }
    });
    repaint();
  }

  // Gradio says nothing where there is no camera to be had.
  window.addEventListener("unhandledrejection", (event) => {
    const words = {
      NotFoundError: "There is no camera. Connect one, or choose a file.",
      NotAllowedError: "The browser may not use the camera. Allow it beside the address, or choose a file.",
      NotReadableError: "The camera is in use elsewhere. Close that program, or choose a file.",
    }[event.reason?.name];
    const asked = pads.find(({ place }) => visible(place) && place.contains(document.activeElement));
    if (!words || !asked) return;
    event.preventDefault();
    const told = asked.element.querySelector(".trouble");
    told.textContent = words;
    told.hidden = false;
    asked.place.addEventListener("click", () => (told.hidden = true), { once: true });
  });

  // The server's next word on the pictures makes it valid again.
  function outdate(board) {
    if (!board) return;
    board.classList.add("stale");
    for (const part of ["left", "right", "query"]) if (part in board.dataset) board.dataset[part] = "";
    if (!board.matches(".opinions")) return;
    document.querySelector(".answer-bar")?.classList.add("idle");
    frameSample(board);
  }

  // Ctrl+V puts a picture where the mouse is, else into the first empty place, else into the first.
  document.addEventListener("paste", (event) => {
    const item = Array.from(event.clipboardData?.items || []).find((each) => each.type.startsWith("image/"));
    const open = pads.filter((each) => each.place.isConnected && visible(each.place));
    if (!item || !open.length || typing(event.target)) return;
    const target =
      open.find((each) => each.place.matches(":hover")) || open.find((each) => !each.place.querySelector("img")) || open[0];
    event.preventDefault();
    target.offer(item.getAsFile());
  });

  // ---- the Compare tab --------------------------------------------------------------------------

  function samples(element, pick) {
    onClick(element, "data-sample", (button, event) => {
      // else the key that answers would draw the browser's frame around what was clicked, whatever is on screen
      if (event.detail) button.blur();
      pick(Number(button.dataset.sample));
    });
  }

  // The sample whose pictures are on screen.
  function frameSample(opinions) {
    const { left, right } = opinions ? opinions.dataset : {};
    for (const button of document.querySelectorAll("#samples [data-sample]")) {
      const shown = left === button.dataset.left && right === button.dataset.right;
      button.setAttribute("aria-current", String(shown));
    }
  }

  let pairSince = 0;
  let pairOnScreen = "";

  // The opinions: the threshold's tick follows the hand at once, the verdict comes back from the server.
  function board(element, moved, watch) {
    function pair() {
      remember(element);
      const opinions = element.querySelector(".opinions");
      const now = opinions ? opinions.dataset.left + opinions.dataset.right : "";
      const bar = document.querySelector(".answer-bar");
      if (bar) bar.classList.toggle("idle", !now);
      frameSample(opinions);
      if (now === pairOnScreen) return;
      pairOnScreen = now;
      pairSince = performance.now();
      if (bar) chosen(bar, null, "");
    }
    element.addEventListener("input", (event) => {
      const dial = event.target.closest("[data-threshold]");
      if (!dial) return;
      dial.closest(".dial").querySelector(".tick").style.left = 100 * dial.value + "%";
      dial.closest(".card").querySelector("output").textContent = Number(dial.value).toFixed(2);
    });
    element.addEventListener("change", (event) => {
      const dial = event.target.closest("[data-threshold]");
      if (dial) moved({ encoder: dial.dataset.threshold, threshold: Number(dial.value) });
    });
    onClick(element, "data-reset", (button) => moved({ encoder: button.dataset.reset, threshold: null }));
    watch("value", pair);
    pair();
  }

  function chosen(bar, answer, words) {
    bar.dataset.given = "";
    for (const button of bar.querySelectorAll("[data-answer]")) {
      button.classList.toggle("chosen", button.dataset.answer === answer);
    }
    bar.querySelector(".saved").textContent = words;
  }

  let takeBack = null;

  // Answers are sent in order, each with the pair it was given for, and again until the server has them.
  function answers(element, server, refresh) {
    const bar = element.querySelector(".answer-bar");
    const unsaved = [];
    let sending = false;
    const say = (words) => (bar.querySelector(".saved").textContent = words);

    async function send() {
      if (sending) return;
      sending = true;
      while (unsaved.length) {
        const { call, sent, told } = unsaved[0];
        try {
          const reply = await server[call](sent);
          // gradio answers a lost connection with something of its own: only our words count
          if (!reply || !(reply.saved || reply.refused)) throw new Error("no answer from the server");
          unsaved.shift();
          told(reply);
        } catch (lost) {
          say(`${unsaved.length} not saved yet; trying again`);
          await new Promise((later) => setTimeout(later, RETRY_MS));
        }
      }
      sending = false;
      refresh();
    }

    function answer(kind) {
      const shown = document.querySelector(".opinions");
      if (!shown) return say("Two pictures first");
      if (shown.matches(".stale")) return say("The pictures have just changed");
      if (!shown.dataset.left) return say("The same picture twice cannot be answered");
      const moved = {};
      for (const button of shown.querySelectorAll("[data-reset]")) {
        moved[button.dataset.reset] = Number(button.closest(".card").querySelector("[data-threshold]").value);
      }
      const given = { ...who(), answer: kind, left_id: shown.dataset.left, right_id: shown.dataset.right, thresholds: moved };
      // a double click, or a key pressed twice, is one answer
      if (bar.dataset.given === JSON.stringify(given)) return;
      chosen(bar, kind, "saving");
      bar.dataset.given = JSON.stringify(given);
      unsaved.push({
        call: "answer",
        sent: { ...given, milliseconds: Math.round(performance.now() - pairSince) },
        told: (reply) => (reply.refused ? chosen(bar, null, `Not saved. ${reply.refused}`) : say(`Saved: ${kind}`)),
      });
      send();
    }

    function undo() {
      chosen(bar, null, "taking back"); // at once: the same answer may follow before the server has replied
      unsaved.push({
        call: "undo",
        sent: who(),
        told: (reply) => {
          const words = reply.refused || "Taken back";
          say(words);
          for (const other of document.querySelectorAll(".rankings .saved")) other.textContent = words;
        },
      });
      send();
    }

    takeBack = undo;
    onClick(element, "data-answer", (button) => answer(button.dataset.answer));
    onClick(element, "data-undo", undo);
    onKey(element, (key) => {
      if (key === "z") return undo(), true;
      return KEYS[key] ? (answer(KEYS[key]), true) : false;
    });
    window.addEventListener("beforeunload", (event) => unsaved.length && event.preventDefault());
  }

  // ---- the One-shot tab -------------------------------------------------------------------------

  async function uploadAll(files, progress) {
    const done = [];
    for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
      progress(start, files.length);
      const part = files.slice(start, start + FILES_AT_ONCE);
      const form = new FormData();
      for (const { file } of part) form.append("files", file);
      const reply = await fetch("gradio_api/upload", { method: "POST", body: form });
      if (!reply.ok) throw new Error((await reply.text()) || `upload failed (${reply.status})`);
      (await reply.json()).forEach((path, i) => done.push({ path, name: part[i].name }));
    }
    return done;
  }

  // Everything below what was dropped, with names that keep the folders.
  async function droppedFiles(items) {
    const found = [];
    async function walk(entry, prefix) {
      if (entry.isFile) {
        const file = await new Promise((good, bad) => entry.file(good, bad));
        found.push({ file, name: prefix + file.name });
        return;
      }
      const reader = entry.createReader();
      for (;;) {
        const part = await new Promise((good, bad) => reader.readEntries(good, bad));
        if (!part.length) return;
        for (const each of part) await walk(each, prefix + entry.name + "/");
      }
    }
    const entries = Array.from(items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
    for (const entry of entries) await walk(entry, "");
    return found;
  }

  // Files by two buttons or dropped on `element`: uploads them, tells in its .foot how far, and hands over
  // [{path, name}] in parts.
  function adder(element, accept, added) {
    const choose = (folder) => {
      const input = document.createElement("input");
      input.type = "file";
      input.multiple = true;
      input.webkitdirectory = folder;
      if (!folder) input.accept = accept;
      input.hidden = true;
      input.dataset.chooser = folder ? "folder" : "files";
      input.addEventListener("change", () => {
        take(Array.from(input.files, (file) => ({ file, name: file.webkitRelativePath || file.name })));
        input.remove();
      });
      element.append(input);
      input.click();
    };

    async function take(files) {
      const chosen = files.filter(({ file }) => !file.name.startsWith("."));
      // a folder comes in the order of the disk
      chosen.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
      const tell = (words) => (element.querySelector(".foot").textContent = words);
      try {
        const uploaded = await uploadAll(chosen, (done, all) => tell(`Uploading: ${done} of ${all}`));
        tell("");
        for (let start = 0; start < uploaded.length; start += FILES_IN_A_PART) {
          added({ files: uploaded.slice(start, start + FILES_IN_A_PART) });
        }
      } catch (problem) {
        tell(`Nothing was added: ${problem.message}`);
      }
    }

    onClick(element, "data-files", () => choose(false));
    onClick(element, "data-folder", () => choose(true));
    element.addEventListener("dragover", (event) => {
      event.preventDefault();
      element.classList.add("dropping");
    });
    element.addEventListener("dragleave", () => element.classList.remove("dropping"));
    element.addEventListener("drop", async (event) => {
      event.preventDefault();
      element.classList.remove("dropping");
      take(await droppedFiles(event.dataTransfer.items));
    });
  }

  function support(element, events, watch) {
    adder(element, "image/*", events.added);
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
    remembering(element, watch);
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
    onClick(element, "data-undo", () => takeBack && takeBack());
    onKey(element, (key) => (key === "z" && takeBack ? (takeBack(), true) : false));
    watch("value", () => {
      remember(element);
      const now = element.querySelector(".rankings")?.dataset.query || "";
      if (now !== onScreen) [onScreen, since] = [now, performance.now()];
    });
  }

  // ---- the Retrain tab --------------------------------------------------------------------------

  function checkpoints(element, act) {
    onClick(element, "data-promote", (button) => act({ slot: button.dataset.slot, promote: button.dataset.promote }));
    onClick(element, "data-rollback", (button) => act({ slot: button.dataset.rollback, domain: button.dataset.domain }));
  }

  const tools = { localStorage, sessionStorage, who, visible, onClick, onKey, adder, RETRY_MS, KEYS };
  return { annotator, recall, pad, samples, board, answers, support, rankings, checkpoints, tools };
})();

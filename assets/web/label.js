// The Label tab in the browser: a batch of pairs at hand, one key an answer, and nothing that was answered lost.
// Answers are kept in localStorage until the server has them, each with an id of its own; so the same one may
// be sent twice and is logged once. What is on screen and what was answered outlives a reload.
"use strict";

window.workbench.label = (() => {
  const { localStorage, sessionStorage, who, visible, onClick, onKey, adder, RETRY_MS, KEYS } = workbench.tools;
  const AT_HAND = 12; // pairs, and two more for each answer of the last five seconds
  const MOST_AT_HAND = 60;
  const SENT_AT_ONCE = 20;
  const UNSAVED = "siamese.unsaved.";
  const QUEUE = "siamese.queue";
  const HISTORY = "siamese.history";

  const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (b) => b.toString(16).padStart(2, "0")).join("");
  const keyOf = (pair) => [pair.left, pair.right].sort().join();

  function stored(storage, key) {
    try {
      return JSON.parse(storage.getItem(key)) || [];
    } catch (torn) {
      return [];
    }
  }

  // ---- the outbox ------------------------------------------------------------------------------

  // `changed()` after every change, `saved()` once all is. Several tabs have an outbox each; whatever an earlier
  // page left behind is sent by the next one.
  function outbox(server, changed, saved) {
    const own = UNSAVED + hex(8);
    const waiting = [];
    const refused = [];
    let sending = false;
    let lost = false;

    const keep = () => {
      const all = [...waiting, ...refused.map((each) => each.event)];
      if (all.length) localStorage.setItem(own, JSON.stringify(all));
      else localStorage.removeItem(own);
    };

    function adopt() {
      const left = Object.keys(localStorage).filter((key) => key.startsWith(UNSAVED) && key !== own);
      for (const key of left) waiting.push(...stored(localStorage, key));
      keep();
      for (const key of left) localStorage.removeItem(key);
      if (waiting.length) send();
    }

    async function send() {
      if (sending) return;
      sending = true;
      while (waiting.length) {
        changed();
        try {
          const reply = await server.save({ events: waiting.slice(0, SENT_AT_ONCE) });
          // gradio answers a lost connection with something of its own: only our words count
          if (!reply || !reply.done) throw new Error(reply?.refused || "no answer from the server");
          lost = false;
          settle(reply.done);
        } catch (problem) {
          lost = true;
          changed();
          await new Promise((later) => setTimeout(later, RETRY_MS));
        }
      }
      sending = false;
      changed();
      saved();
    }

    function settle(done) {
      for (let i = waiting.length - 1; i >= 0; i--) {
        const told = done[waiting[i].id];
        if (!told) continue;
        const [event] = waiting.splice(i, 1);
        if (told.refused) refused.push({ event, words: told.refused });
      }
      keep();
    }

    return {
      adopt,
      add(event) {
        waiting.push(event);
        keep();
        send();
      },
      // An answer that the server would not have needs no undo.
      withdraw(id) {
        const place = refused.findIndex((each) => each.event.id === id);
        if (place >= 0) refused.splice(place, 1);
        keep();
        return place >= 0;
      },
      again() {
        waiting.push(...refused.splice(0).map((each) => each.event));
        send();
      },
      discard() {
        refused.length = 0;
        keep();
        changed();
      },
      get unsaved() { return waiting.length; },
      get refused() { return refused; },
      get lost() { return lost; },
    };
  }

  // ---- the pair on screen -----------------------------------------------------------------------

  let give = null; // an answer from another part of the tab: give({left, right, answer, origin, because})

  function pairView(element, server, saved) {
    const root = element.querySelector(".pair-view");
    const find = (what) => root.querySelector(what);
    const words = root.querySelector("template").content;
    const box = outbox(server, tell, saved);
    const pictures = new WeakMap(); // pair -> its two <img>
    const times = []; // of the latest answers
    let queue = stored(sessionStorage, QUEUE);
    const history = stored(sessionStorage, HISTORY);
    let awaited = queue[0]; // what was on screen before, or is undone, comes first whatever it takes
    let since = 0;
    let asking = false;
    let trouble = "";
    let started = false;

    // -- what is drawn

    function imagesOf(pair) {
      if (!pictures.has(pair)) {
        const both = [pair.left, pair.right].map((id, side) => {
          const image = new Image();
          image.alt = side ? "right picture" : "left picture";
          image.addEventListener("load", () => waitingForImages() && show());
          image.addEventListener("error", () => drop(pair));
          image.src = `pictures/${id}.png`;
          return image;
        });
        pictures.set(pair, both);
      }
      return pictures.get(pair);
    }

    const isLoaded = (pair) => imagesOf(pair).every((image) => image.complete && image.naturalWidth);
    const waitingForImages = () => queue.length > 0 && !root.dataset.left;
    const onScreen = () => (root.dataset.left ? queue[0] : null);

    function drop(pair) {
      queue = queue.filter((each) => each !== pair);
      show();
    }

    // The first pair whose pictures are there comes first: nobody has to wait for a slow one, unless it is awaited.
    function show() {
      queue.slice(0, MOST_AT_HAND).forEach(imagesOf);
      const ready = queue.findIndex((pair) => isLoaded(pair) || pair === awaited);
      if (ready > 0) queue.unshift(...queue.splice(ready, 1));
      const pair = ready >= 0 && isLoaded(queue[0]) ? queue[0] : null;
      root.classList.toggle("empty", !pair);
      root.classList.remove("other");
      root.dataset.left = pair ? pair.left : "";
      root.dataset.right = pair ? pair.right : "";
      const shown = pair ? imagesOf(pair) : [];
      ["left", "right"].forEach((side, i) => find(`figure.${side}`).replaceChildren(...shown.slice(i, i + 1)));
      find(".why-asked").textContent = pair ? pair.why : "";
      for (const line of root.querySelectorAll(".says-row .line")) drawOpinion(line, pair && pair.said[line.dataset.slot]);
      since = performance.now();
      find(".waiting").textContent = trouble || (queue.length ? "The pictures are coming." : "Fetching pairs.");
      sessionStorage.setItem(QUEUE, JSON.stringify(queue));
      tell();
      top_up();
    }

    const verdictOf = (answer) => words.querySelector("." + answer).cloneNode(true);

    function drawOpinion(line, said) {
      line.classList.toggle("absent", !said);
      if (!said) return;
      const answer = said.same ? "same" : "different";
      const scale = line.querySelector(".scale");
      scale.className = "scale " + answer;
      scale.setAttribute("aria-label", `similarity ${said.similarity.toFixed(2)}, threshold ${said.threshold.toFixed(2)}: ${answer}`);
      scale.querySelector(".fill").style.width = 100 * said.similarity + "%";
      scale.querySelector(".tick").style.left = 100 * said.threshold + "%";
      line.querySelector(".number").textContent = said.similarity.toFixed(2);
      line.querySelector(".word").replaceChildren(verdictOf(answer));
    }

    // What is not saved, always; what was refused, until somebody decides.
    function tell() {
      const kept = find(".kept");
      const given = history.filter((each) => each.id).length;
      if (box.refused.length) {
        kept.textContent = `${box.refused.length} not saved: ${box.refused[0].words} `;
        kept.append(button("again", "Try again"), " ", button("discard", "Discard"));
      } else if (box.unsaved) {
        kept.textContent = `${box.unsaved} unsaved${box.lost ? "; the server does not answer, trying again" : ""}`;
      } else {
        kept.textContent = given ? `All ${given} of this session saved` : "";
      }
      kept.classList.toggle("open", box.unsaved + box.refused.length > 0);
      find("[data-back]").disabled = !history.length;
    }

    function button(name, label) {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "link";
      made.dataset[name] = "";
      made.textContent = label;
      return made;
    }

    // Also where the opinion was hidden: once answered it may be seen.
    function tellLast(pair, answer) {
      const last = find(".last");
      last.replaceChildren();
      if (!pair) return;
      last.append("You said ", verdictOf(answer));
      for (const [slot, said] of Object.entries(pair.said)) {
        const verdict = said.same ? "same" : "different";
        const wrong = answer !== "unsure" && verdict !== answer;
        const part = document.createElement("span");
        part.append(`${slot} ${said.similarity.toFixed(2)} `, verdictOf(verdict));
        if (wrong) part.append(Object.assign(document.createElement("span"), { className: "correction", textContent: "corrected" }));
        last.append(part);
      }
    }

    // -- getting pairs

    function wanted() {
      const now = performance.now();
      while (times.length && now - times[0] > 5000) times.shift();
      return Math.min(MOST_AT_HAND, AT_HAND + 2 * times.length);
    }

    async function top_up() {
      if (asking || !started || queue.length >= wanted()) return;
      asking = true;
      const asked = who();
      let pause = 0;
      try {
        const reply = await server.ask({ ...asked, count: wanted() - queue.length + 4 });
        if (reply && reply.pairs) take(reply.pairs, asked.annotator);
        else trouble = (reply && reply.refused) || "The server does not answer; trying again.";
        if (reply && reply.pairs) trouble = reply.pairs.length || queue.length ? "" : "There are no more pairs to ask about.";
        if (!reply || !reply.pairs || !reply.pairs.length) pause = RETRY_MS;
      } catch (problem) {
        trouble = "The server does not answer; trying again.";
        pause = RETRY_MS;
      }
      if (!root.dataset.left) show();
      setTimeout(() => {
        asking = false;
        if (visible(root)) top_up();
        else started = false; // goes on when the tab is looked at again
      }, pause);
    }

    function take(pairs, annotator) {
      if (annotator !== who().annotator) return; // the name has changed meanwhile
      const known = new Set([...queue, ...history.filter((each) => each.id && each.pair).map((each) => each.pair)].map(keyOf));
      for (const pair of pairs) {
        if (!known.has(keyOf(pair))) queue.push({ ...pair, asked: annotator });
      }
      sessionStorage.setItem(QUEUE, JSON.stringify(queue));
      queue.slice(0, MOST_AT_HAND).forEach(imagesOf);
    }

    // -- answering

    function remember(entry) {
      history.push(entry);
      while (history.length) {
        try {
          return sessionStorage.setItem(HISTORY, JSON.stringify(history));
        } catch (full) {
          history.splice(0, Math.ceil(history.length / 4));
        }
      }
    }

    const blind = () => root.classList.contains("blind");

    function answer(kind) {
      const pair = onScreen();
      if (!pair) return;
      const id = hex(16);
      times.push(performance.now());
      queue.shift();
      remember({ pair, id, answer: kind });
      box.add({
        ...who(), id, kind: "answer", answer: kind, left_id: pair.left, right_id: pair.right, blind: blind(),
        milliseconds: Math.round(performance.now() - since), reason: pair.reason, probability: pair.probability,
        asked: pair.asked,
      });
      tellLast(pair, kind);
      show();
    }

    give = ({ left, right, answer: kind, origin, because }) => {
      const id = hex(16);
      remember({ pair: null, id, answer: kind });
      box.add({ ...who(), id, kind: "answer", answer: kind, left_id: left, right_id: right, origin, because });
    };

    function skip() {
      if (!onScreen()) return;
      times.push(performance.now());
      remember({ pair: queue.shift(), id: null, answer: null });
      tellLast(null);
      show();
    }

    function back() {
      const latest = history.pop();
      if (!latest) return;
      sessionStorage.setItem(HISTORY, JSON.stringify(history));
      if (latest.pair) queue.unshift((awaited = latest.pair));
      if (latest.id && !box.withdraw(latest.id)) {
        box.add({ ...who(), id: hex(16), kind: "undo", target: latest.id });
      }
      tellLast(null);
      show();
    }

    // -- looking

    function flip() {
      if (root.classList.contains("flipped")) root.classList.toggle("other");
      else press("flip", true);
    }

    function press(name, on) {
      root.classList.toggle({ flip: "flipped", enlarge: "enlarged", blind: "blind" }[name], on);
      find(`[data-${name}]`).setAttribute("aria-pressed", on);
      if (name === "blind") localStorage.setItem("siamese.blind", on ? "1" : "");
      if (name === "enlarge") zoom(1);
    }

    const toggle = (name) => press(name, find(`[data-${name}]`).getAttribute("aria-pressed") !== "true");

    let factor = 1;
    function zoom(to) {
      factor = Math.min(8, Math.max(1, to));
      find(".sight").style.setProperty("--zoom", factor);
    }

    function look() {
      const sight = find(".sight");
      sight.addEventListener("click", () => (root.classList.contains("flipped") ? flip() : toggle("enlarge")));
      sight.addEventListener("wheel", (event) => {
        if (!root.classList.contains("enlarged")) return;
        event.preventDefault();
        zoom(factor * (event.deltaY < 0 ? 1.25 : 0.8));
      }, { passive: false });
      // Both pictures are enlarged about the same place.
      sight.addEventListener("pointermove", (event) => {
        const figure = event.target.closest("figure");
        if (!figure) return;
        const at = figure.getBoundingClientRect();
        sight.style.setProperty("--x", (100 * (event.clientX - at.left)) / at.width + "%");
        sight.style.setProperty("--y", (100 * (event.clientY - at.top)) / at.height + "%");
      });
    }

    const KEY_ACTS = {
      n: skip, z: back, f: flip, e: () => toggle("enlarge"), b: () => toggle("blind"),
      escape: () => ["enlarge", "flip"].forEach((name) => press(name, false)),
    };

    onClick(root, "data-reply", (each) => answer(each.dataset.reply));
    onClick(root, "data-skip", skip);
    onClick(root, "data-back", back);
    onClick(root, "data-flip", () => toggle("flip"));
    onClick(root, "data-enlarge", () => toggle("enlarge"));
    onClick(root, "data-blind", () => toggle("blind"));
    onClick(root, "data-clashes", () => document.querySelector(".clash")?.scrollIntoView({ behavior: "smooth", block: "center" }));
    onClick(root, "data-again", () => box.again());
    onClick(root, "data-discard", () => box.discard());
    onKey(root, (key) => {
      if (KEYS[key]) answer(KEYS[key]);
      else if (KEY_ACTS[key]) KEY_ACTS[key]();
      else return false;
      return true;
    });
    look();
    press("blind", localStorage.getItem("siamese.blind") === "1");
    window.addEventListener("beforeunload", (event) => box.unsaved && event.preventDefault());
    // Another name gets questions of its own.
    document.addEventListener("change", (event) => {
      if (event.target.closest?.("#masthead")) {
        queue = queue.filter((pair) => pair.asked === who().annotator);
        if (started) show();
      }
    });
    new IntersectionObserver((seen) => {
      if (started || !seen.some((each) => each.isIntersecting)) return;
      started = true;
      show();
    }).observe(root);
    box.adopt();
    tell();
  }

  // Buttons that answer a pair of a contradiction or a suggestion.
  function replies(element) {
    const reply = (button) => {
      const { left, right, give: answer, origin, because } = button.dataset;
      give({ left, right, answer, origin, because: because.split(" ").filter(Boolean) });
      button.closest("li").classList.add("done");
    };
    onClick(element, "data-give", reply);
    onClick(element, "data-accept-all", () => {
      for (const item of element.querySelectorAll(".implied li:not(.done)")) reply(item.querySelector("[data-give]"));
    });
  }

  // Contradictions stand below the pair, so that no button moves under the hand; a word above says that they do.
  function alert(element, watch) {
    replies(element);
    const count = () => {
      const found = Number(element.querySelector("[data-clashes-found]")?.dataset.clashesFound || 0);
      const note = document.querySelector(".pair-view [data-clashes]");
      if (!note) return;
      note.hidden = !found;
      note.textContent = found === 1 ? "A contradiction: see below" : `${found} contradictions: see below`;
    };
    watch("value", count);
    count();
  }

  function pool(element, added) {
    adder(element, "image/*,.zip", added);
  }

  return { pairView, replies, alert, pool };
})();

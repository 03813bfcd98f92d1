// The Compare tab: the opinions of both encoders, and the answer to the pair on screen.
"use strict";
{
  const { remember, who } = workbench.memory;
  const { ANSWER_KEYS, onClick, onKey } = workbench.keys;
  const RETRY_MS = 2000;

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
      workbench.samples.frame(opinions);
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
      return ANSWER_KEYS[key] ? (answer(ANSWER_KEYS[key]), true) : false;
    });
    window.addEventListener("beforeunload", (event) => unsaved.length && event.preventDefault());
  }

  workbench.compare = { opinions: board, answerBar: answers, takeBack: () => takeBack && takeBack() };
}

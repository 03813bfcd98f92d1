// The Compare tab: the opinions of both encoders, and the answer to the pair on screen.
"use strict";
{
  const { t } = workbench.words;
  const { remember } = workbench.memory;
  const { ANSWER_KEYS, onClick, onKey } = workbench.keys;
  const { links, outbox } = workbench;

  let pairSince = 0; // when the pair came on screen, ms
  let pairOnScreen = "";

  // The opinions: the threshold's tick follows the hand at once, the verdict comes back from the server.
  function opinions(element, { moved, linked }, watch) {
    function drawn() {
      remember(element);
      const note = element.querySelector("[data-remember=compare]");
      const { left, right } = note ? JSON.parse(note.dataset.value) : {};
      if (note) links.shows("compare", { left, right });
      workbench.picture.shows("left", left);
      workbench.picture.shows("right", right);
      const board = element.querySelector(".opinions");
      const now = board ? board.dataset.left + board.dataset.right : "";
      idle(!now);
      workbench.samples.frame(board);
      workbench.why.follow(board);
      if (now === pairOnScreen) return;
      pairOnScreen = now;
      pairSince = performance.now();
      mark(null, "");
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
    links.takes("compare", linked);
    watch("value", drawn);
    drawn();
  }

  // Dims the buttons while there is nothing to answer; an answer says what is missing.
  function idle(on) {
    document.querySelector(".answer-bar")?.classList.toggle("idle", on);
    for (const button of document.querySelectorAll(".answer-bar [data-answer]")) button.setAttribute("aria-disabled", on);
  }

  // What the encoders say of the pair on screen, at the thresholds that the person has moved.
  function saidOnScreen(board) {
    const said = JSON.parse(board.dataset.said);
    for (const button of board.querySelectorAll("[data-reset]")) {
      const dial = button.closest(".card").querySelector("[data-threshold]");
      said[button.dataset.reset].threshold = Number(dial.value);
    }
    return said;
  }

  // ---- the answer bar: what was answered last, and what became of it

  let words = "";
  let given = ""; // the answer to the pair on screen, so that a double click is one answer

  function say(now) {
    words = now;
    const place = document.querySelector(".answer-bar .saved");
    if (place) outbox.tell(place, "compare", words);
  }

  function mark(answer, now) {
    given = "";
    for (const button of document.querySelectorAll(".answer-bar [data-answer]")) {
      button.classList.toggle("chosen", button.dataset.answer === answer);
    }
    say(now);
  }

  function answer(kind) {
    const board = document.querySelector(".opinions");
    if (!board) return say(t("Two pictures first"));
    if (board.matches(".stale")) return say(t("The pictures have just changed"));
    if (!board.dataset.left) return say(t("The same picture twice cannot be answered"));
    const { left, right } = board.dataset;
    const sent = { kind: "compare", answer: kind, left_id: left, right_id: right, said: saidOnScreen(board) };
    if (given === JSON.stringify(sent)) return;
    mark(kind, t("saving"));
    given = JSON.stringify(sent);
    outbox.add("compare", { ...sent, milliseconds: Math.round(performance.now() - pairSince) },
      (reply) => (reply.refused ? mark(null, "") : say(t("Saved: {answer}", { answer: t(kind) }))));
  }

  // Takes back the session's latest answer, whichever tab it was given in.
  function undo() {
    mark(null, t("taking back")); // at once: the same answer may follow before the server has replied
    outbox.undoLatest("compare", (reply) => say(reply.refused || t("Taken back")));
  }

  function answerBar(element, refresh) {
    onClick(element, "data-answer", (button) => answer(button.dataset.answer));
    onClick(element, "data-undo", undo);
    onKey(element, (key) => {
      if (key === "z") return undo(), true;
      return ANSWER_KEYS[key] ? (answer(ANSWER_KEYS[key]), true) : false;
    });
    outbox.watch(() => say(words));
    outbox.onSettled("compare", refresh);
  }

  workbench.compare = { opinions, answerBar, idle, unmark: () => mark(null, "") };
}

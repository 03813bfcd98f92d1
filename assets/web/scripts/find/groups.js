// The Find tab's view of all images at once: groups to confirm, split and merge; near-duplicates to set aside.
"use strict";
{
  const { t } = workbench.words;
  const { who } = workbench.memory;
  const { onClick, onKey, visible } = workbench.keys;
  const { links, outbox } = workbench;
  const AT_ONCE = 12;
  const LOOK_MS = 2000; // between two looks whether the images are ready
  const MESSAGES = { confirm: t("Saved: they are the same"), split: t("Saved: they are different"), merge: t("Saved: they are the same") };
  const watchers = []; // called with the name of the view that is opened
  let view = "one";

  const list = (words) => words.split(" ").filter(Boolean);

  function views(element) {
    const show = () => {
      element.closest(".tabitem").dataset.showing = view;
      for (const button of element.querySelectorAll("[data-find-view]")) {
        button.setAttribute("aria-pressed", String(button.dataset.findView === view));
      }
    };
    watchers.push(show);
    onClick(element, "data-find-view", (button) => {
      const next = button.dataset.findView;
      const query = document.querySelector("#found .found")?.dataset.query;
      links.shows("find", next !== "one" ? { view: next } : query ? { query } : {});
      open(next);
    });
    if (links.asked.tab === "find" && links.asked.parameters.view) view = links.asked.parameters.view;
    show();
  }

  function open(next) {
    view = next;
    for (const act of watchers) act(next);
  }

  // A view that is drawn by the server: it is asked when it is opened, and again while the images are prepared.
  class Board {
    constructor(element, name, looked) {
      Object.assign(this, { element, name, looked, count: AT_ONCE, words: "" });
      new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && this.look()).observe(element);
      onClick(element, "data-more", () => { this.count += AT_ONCE; this.look(); });
      onClick(element, "data-tick", (button) => this.tick(button));
      onKey(element, (key) => (key === "z" && this.undo ? (this.undo(), true) : false));
    }

    look() {
      if (view === this.name && visible(this.element)) this.looked({ count: this.count });
    }

    drawn() {
      this.say(this.words);
      clearTimeout(this.timer);
      if (this.element.querySelector("[data-waits], .first-step")) this.timer = setTimeout(() => this.look(), LOOK_MS);
    }

    tick(button) {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      const group = button.closest(".group");
      const count = this.ticked(group).length;
      const words = group.querySelector(".acts .words");
      words.textContent = count ? this.wordsFor(count) : words.dataset.none;
      const split = group.querySelector("[data-split]");
      if (split && !group.querySelector("[data-confirm]")) split.disabled = !count;
    }

    ticked(group) {
      return Array.from(group.querySelectorAll("[data-tick][aria-pressed=true]"), (each) => each.dataset.tick);
    }

    say(words) {
      this.words = words;
      const place = this.element.querySelector(".saved");
      if (place) outbox.tell(place, "groups", words);
    }
  }

  function board(element, events, watch) {
    const shown = new Board(element, "groups", events.looked);
    let since = performance.now();
    shown.wordsFor = (count) => t("Split off the {count} ticked", { count });

    function send(act, images, ticked = []) {
      const milliseconds = Math.round(performance.now() - since);
      shown.say(t("saving"));
      outbox.add("groups", { kind: "group", act, images, ticked, milliseconds },
        (reply) => shown.say(reply.refused ? "" : `${MESSAGES[act]} (${workbench.words.t("{count} pairs", { count: reply.pairs ?? 1 })})`));
      since = performance.now();
    }

    const sendOf = (act) => (button) => {
      const group = button.closest(".group");
      send(act, list(group.dataset.images), act === "split" ? shown.ticked(group) : []);
      group.classList.add("sent");
    };
    const chosen = () => Array.from(element.querySelectorAll("[data-choose]:checked"), (each) => each.closest(".group"));
    shown.undo = () => {
      shown.say(t("taking back"));
      outbox.undoLatest("groups", (reply) => shown.say(reply.refused || t("Taken back")));
    };
    onClick(element, "data-confirm", sendOf("confirm"));
    onClick(element, "data-split", sendOf("split"));
    onClick(element, "data-undo", shown.undo);
    onClick(element, "data-merge", () => {
      const both = chosen();
      send("merge", both.map((group) => list(group.dataset.images)[0])); // the medoids come first
      for (const group of both) group.classList.add("sent");
    });
    element.addEventListener("change", () => {
      element.querySelector("[data-merge]").disabled = chosen().length !== 2;
    });
    outbox.watch(() => shown.say(shown.words));
    outbox.onSettled("groups", () => { shown.look(); events.saved(); });
    watch("value", () => { since = performance.now(); shown.drawn(); });
  }

  function duplicates(element, events, watch) {
    const shown = new Board(element, "duplicates", events.looked);
    const done = []; // {images, aside} of this page, to be undone
    shown.wordsFor = (count) => t("Set the {count} ticked aside", { count });

    function decide(images, aside, words) {
      events.decided({ images, aside, annotator: who().annotator, count: shown.count });
      shown.say(words);
    }

    function aside(images) {
      done.push({ images, aside: true });
      decide(images, true, t("{count} set aside", { count: images.length }));
    }

    onClick(element, "data-aside", (button) => aside(list(button.dataset.aside)));
    onClick(element, "data-rest", (button) => {
      const group = button.closest(".group");
      const ticked = shown.ticked(group);
      aside(ticked.length ? ticked : list(group.dataset.images).slice(1));
    });
    onClick(element, "data-back", (button) => {
      const images = list(button.dataset.back);
      done.push({ images, aside: false });
      decide(images, false, t("{count} brought back", { count: images.length }));
    });
    shown.undo = () => {
      const latest = done.pop();
      if (latest) decide(latest.images, !latest.aside, t("Taken back"));
    };
    onClick(element, "data-undo", shown.undo);
    watch("value", () => {
      shown.drawn();
      const undo = element.querySelector("[data-undo]");
      if (undo) undo.disabled = !done.length;
    });
  }

  workbench.groups = { views, board, duplicates, open, inView: (name) => view === name };
}

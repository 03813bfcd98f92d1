// The One-shot tab: the support set, and the rankings with a click on the right class.
"use strict";
{
  const { t } = workbench.words;
  const { remember } = workbench.memory;
  const { onClick, onKey } = workbench.keys;
  const { links, outbox } = workbench;

  function support(element, events, watch) {
    workbench.uploads.fileAdder(element, "image/*", events.added);
    onClick(element, "data-sampled", () => events.sampled());
    onClick(element, "data-emptied", () => events.emptied());
    onClick(element, "data-remove", (button) => events.removed({ index: Number(button.dataset.remove) }));
    element.addEventListener("change", (event) => {
      const field = event.target.closest("[data-rename]");
      if (field) events.renamed({ index: Number(field.dataset.rename), name: field.value });
    });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && event.target.matches("[data-rename]")) event.target.blur();
    });
    const past = []; // the set before each change, as it is remembered
    let now = null;
    const keep = () => {
      remember(element);
      const note = element.querySelector("[data-remember=support]")?.dataset.value ?? null;
      if (note !== null && note !== now) {
        if (now !== null) past.push(now);
        now = note;
      }
      const button = element.querySelector("[data-undone]");
      if (button) button.hidden = !past.length;
    };
    onClick(element, "data-undone", () => {
      now = null; // what comes back is no new change
      events.undone(JSON.parse(past.pop()));
    });
    watch("value", keep);
    keep();
  }

  const pairs = (count) => (count === 1 ? t("1 pair") : t("{count} pairs", { count }));

  function rankings(element, corrected, watch) {
    let since = performance.now();
    let onScreen = "";
    let words = "";

    function say(now) {
      words = now;
      const place = element.querySelector(".rankings .saved");
      if (place) outbox.tell(place, "one_shot", words);
    }

    function correct(right) {
      const { query, support, picks } = element.querySelector(".rankings").dataset;
      if (!query) return say(t("The picture has just changed"));
      const told = right === null ? t("none of these") : t("{name} is right", { name: right });
      say(t("saving"));
      outbox.add("one_shot", {
        kind: "one_shot", query, class: right, support: JSON.parse(support), picks: JSON.parse(picks),
        milliseconds: Math.round(performance.now() - since),
      }, (reply) => say(reply.refused ? "" : t("Saved: {answer} ({pairs}).", { answer: told, pairs: pairs(reply.pairs) })));
    }

    function undo() {
      workbench.compare.unmark();
      say(t("taking back"));
      outbox.undoLatest("one_shot", (reply) => say(reply.refused || t("Taken back")));
    }

    onClick(element, "data-class", (button) => correct(button.dataset.class));
    onClick(element, "data-none", () => correct(null));
    onClick(element, "data-undo", undo);
    onKey(element, (key) => (key === "z" ? (undo(), true) : false));
    outbox.watch(() => say(words));
    outbox.onSettled("one_shot", corrected);
    watch("value", () => {
      remember(element);
      const note = element.querySelector("[data-remember=one_shot]");
      if (note) workbench.picture.shows("query", JSON.parse(note.dataset.value).query);
      const now = element.querySelector(".rankings")?.dataset.query || "";
      if (now) links.shows("one_shot", { query: now });
      if (now !== onScreen) [onScreen, since, words] = [now, performance.now(), ""];
      say(words);
    });
  }

  workbench.oneShot = { support, rankings };
}

// The Label tab: one key an answer, undo back to the start of the session, contradictions and suggestions.
"use strict";
{
  const { t } = workbench.words;
  const { sessionStorage, storedList, who } = workbench.memory;
  const { ANSWER_KEYS, onClick, onKey, visible } = workbench.keys;
  const { outbox } = workbench;
  const HISTORY = "siamese.history"; // [{pair, id, answer}] of the session; id is null where the pair was skipped

  class PairView {
    constructor(root, server) {
      this.root = root;
      this.history = storedList(sessionStorage, HISTORY);
      this.since = 0; // when the pair came on screen, ms
      this.drawing = new workbench.PairDrawing(root);
      this.looking = new workbench.Looking(root);
      this.pairs = new workbench.Pairs((sent) => server.ask(sent), {
        arrived: () => this.root.dataset.left || this.show(),
        gone: () => this.show(),
        isVisible: () => visible(root),
        answered: () => this.history.filter((each) => each.id && each.pair).map((each) => each.pair),
      });
    }

    get onScreen() {
      return this.root.dataset.left ? this.pairs.queue[0] : null;
    }

    show() {
      const pair = this.pairs.next();
      this.drawing.pair(pair, pair ? this.pairs.imagesOf(pair) : [], this.pairs.waitingWords);
      this.since = performance.now();
      this.tell();
      this.pairs.topUp();
    }

    // What is not saved, else how much is.
    tell() {
      const kept = this.drawing.find(".kept");
      const given = this.history.filter((each) => each.id).length;
      outbox.tell(kept, "label", outbox.unsaved ? t("saving") : given ? t("All {count} of this session saved", { count: given }) : "");
      kept.classList.toggle("open", outbox.unsaved + outbox.refused.length > 0);
      this.drawing.find("[data-back]").disabled = !this.history.length;
    }

    remember(entry) {
      this.history.push(entry);
      while (this.history.length) {
        try {
          return sessionStorage.setItem(HISTORY, JSON.stringify(this.history));
        } catch (full) {
          this.history.splice(0, Math.ceil(this.history.length / 4));
        }
      }
    }

    answer(kind) {
      const pair = this.onScreen;
      if (!pair) return;
      const milliseconds = Math.round(performance.now() - this.since);
      this.pairs.take();
      const id = outbox.add("label", {
        kind: "answer", answer: kind, left_id: pair.left, right_id: pair.right, blind: this.looking.is("blind"),
        milliseconds, reason: pair.reason, probability: pair.probability, asked: pair.asked, said: pair.said,
      });
      this.remember({ pair, id, answer: kind });
      this.drawing.last(pair, kind);
      this.show();
    }

    // An answer to a pair of a contradiction or a suggestion.
    give({ left, right, answer, origin, because }) {
      const id = outbox.add("label", { kind: "answer", answer, left_id: left, right_id: right, origin, because });
      this.remember({ pair: null, id, answer });
    }

    skip() {
      if (!this.onScreen) return;
      this.remember({ pair: this.pairs.take(), id: null, answer: null });
      this.drawing.last(null);
      this.show();
    }

    back() {
      const latest = this.history.pop();
      if (!latest) return;
      sessionStorage.setItem(HISTORY, JSON.stringify(this.history));
      if (latest.pair) this.pairs.putBack(latest.pair);
      if (latest.id && !outbox.withdraw(latest.id)) outbox.add("label", { kind: "undo", target: latest.id });
      this.drawing.last(null);
      this.show();
    }

    // Another name gets questions of its own.
    renamed() {
      this.pairs.keepOf(who().annotator);
      if (this.pairs.started) this.show();
    }

    // Asks for pairs once the tab is looked at.
    start() {
      new IntersectionObserver((seen) => {
        if (this.pairs.started || !seen.some((each) => each.isIntersecting)) return;
        this.pairs.started = true;
        this.show();
      }).observe(this.root);
      this.tell();
    }
  }

  let shown = null; // the PairView on this page

  function pairView(element, server, saved) {
    const root = element.querySelector(".pair-view");
    const view = (shown = new PairView(root, server));
    const { looking } = view;
    const acts = {
      n: () => view.skip(), z: () => view.back(), f: () => looking.flip(), escape: () => looking.plain(),
      e: () => looking.toggle("enlarge"), b: () => looking.toggle("blind"),
    };
    onClick(root, "data-reply", (button) => view.answer(button.dataset.reply));
    onClick(root, "data-skip", acts.n);
    onClick(root, "data-back", acts.z);
    onClick(root, "data-anyway", (button) => button.closest(".line").classList.add("asked"));
    onClick(root, "data-clashes", () =>
      document.querySelector(".clash")?.scrollIntoView({ behavior: "smooth", block: "center" }));
    onKey(root, (key) => {
      const act = ANSWER_KEYS[key] ? () => view.answer(ANSWER_KEYS[key]) : acts[key];
      return act ? (act(), true) : false;
    });
    document.addEventListener("change", (event) => event.target.closest?.("#masthead") && view.renamed());
    outbox.watch(() => view.tell());
    outbox.onSettled("label", saved);
    view.start();
  }

  // Buttons that answer a pair of a contradiction or a suggestion.
  function replies(element) {
    const reply = (button) => {
      const { left, right, give: answer, origin, because } = button.dataset;
      shown.give({ left, right, answer, origin, because: because.split(" ").filter(Boolean) });
      button.closest("li").classList.add("done");
    };
    onClick(element, "data-give", reply);
    onClick(element, "data-accept-all", () => {
      for (const item of element.querySelectorAll(".implied li:not(.done)")) reply(item.querySelector("[data-give]"));
    });
  }

  // Contradictions stand below the pair, so that no button moves under the hand; a word above says that they do.
  function contradictions(element, watch) {
    replies(element);
    const count = () => {
      const found = Number(element.querySelector("[data-clashes-found]")?.dataset.clashesFound || 0);
      const note = document.querySelector(".pair-view [data-clashes]");
      if (!note) return;
      note.hidden = !found;
      note.textContent = found === 1 ? t("A contradiction: see below") : t("{count} contradictions: see below", { count: found });
    };
    watch("value", count);
    count();
  }

  const pool = (element, added) => workbench.uploads.fileAdder(element, "image/*,.zip", added);

  workbench.label = { pairView, replies, contradictions, pool };
}

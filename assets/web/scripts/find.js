// The Find tab: the images most like one; marks on many, sent as one page of answers.
"use strict";
{
  const { t } = workbench.words;
  const { remember } = workbench.memory;
  const { onClick, onKey } = workbench.keys;
  const { links, outbox } = workbench;
  const MARKS = ["", "same", "unsure"]; // what a click goes through; "unsure" is left out of "all others"
  const SIGNS = { same: "=", unsure: "?", different: "≠" };
  const WORDS = { same: t("same"), unsure: t("left out"), different: t("different") };
  const BARS = "90px"; // of the buttons and the status line, behind which nothing is seen
  const MORE_AHEAD = "300px"; // below the edge of the window

  class Results {
    constructor(element, events) {
      Object.assign(this, { element, events, marks: new Map(), sent: new Map(), seen: new Set(), pages: [], query: "" });
      this.since = performance.now();
      this.words = "";
      this.watcher = new IntersectionObserver((entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting) this.see(target);
        }
      }, { threshold: 0.5, rootMargin: `0px 0px -${BARS} 0px` });
      this.ahead = new IntersectionObserver((entries) => {
        if (this.scrolled && entries.some((each) => each.isIntersecting)) this.fetchMore();
      }, { rootMargin: MORE_AHEAD });
      addEventListener("scroll", () => { this.scrolled = true; }, { passive: true });
    }

    find(selector) { return this.element.querySelector(selector); }
    get tiles() { return [...this.element.querySelectorAll(".tile")]; }

    // Called when other images are drawn: the marks are kept while the query is the same.
    drawn() {
      remember(this.element);
      const query = this.find(".found")?.dataset.query || "";
      if (query !== this.query) {
        Object.assign(this, { query, since: performance.now(), words: "", scrolled: false, pages: [] });
        for (const each of [this.marks, this.sent, this.seen]) each.clear();
      }
      if (query && workbench.groups.inView("one")) links.shows("find", { query });
      this.asked = false;
      this.watcher.disconnect();
      this.ahead.disconnect();
      for (const tile of this.tiles) {
        this.watcher.observe(tile);
        this.draw(tile);
      }
      if (this.find("[data-more]")) this.ahead.observe(this.find(".more"));
      this.number();
      this.say(this.words);
    }

    see(tile) {
      this.seen.add(tile.dataset.id);
      this.number();
    }

    answerOf(tile) { return this.sent.get(tile.dataset.id) || tile.dataset.answer; }
    get open() { return this.tiles.filter((tile) => !this.answerOf(tile)); }
    // Images that were on screen and have no answer yet.
    get shown() { return this.open.filter((tile) => this.seen.has(tile.dataset.id)); }

    draw(tile) {
      const answer = this.answerOf(tile);
      const mark = answer || this.marks.get(tile.dataset.id) || "";
      tile.dataset.mark = mark;
      tile.classList.toggle("answered", Boolean(answer));
      tile.querySelector(".marked").textContent = mark ? `${SIGNS[mark]} ${WORDS[mark]}` : "";
      tile.querySelector("[data-mark]").setAttribute("aria-pressed", String(mark === "same"));
    }

    // The first nine images that are open have a digit; the buttons say how many they are about.
    number() {
      const open = this.open;
      for (const tile of this.tiles) {
        const digit = tile.querySelector(".digit");
        const place = open.indexOf(tile);
        digit.hidden = place < 0 || place > 8;
        digit.textContent = place + 1;
      }
      const rest = this.shown.filter((tile) => !this.marks.get(tile.dataset.id)).length;
      const marked = open.filter((tile) => this.marks.get(tile.dataset.id) === "same").length;
      const words = this.find("[data-rest] .words");
      if (!words) return;
      words.textContent = marked ? t("The other {count} are different", { count: rest }) : t("All {count} are different", { count: rest });
      this.find("[data-rest]").disabled = !rest && !marked;
      this.find("[data-only]").disabled = !marked;
    }

    mark(tile, mark) {
      if (this.answerOf(tile)) return;
      this.marks.set(tile.dataset.id, mark);
      this.draw(tile);
      this.number();
    }

    turn(tile) {
      const now = this.marks.get(tile.dataset.id) || "";
      this.mark(tile, MARKS[(MARKS.indexOf(now) + 1) % MARKS.length]);
    }

    // Sends the marked ones as "same" and, if `others`, the unmarked ones that were on screen as "different".
    send(others) {
      const answers = this.open.flatMap((tile) => {
        const mark = this.marks.get(tile.dataset.id);
        const answer = mark === "same" ? "same" : !mark && others && this.seen.has(tile.dataset.id) ? "different" : null;
        return answer ? [{ id: tile.dataset.id, answer, said: JSON.parse(tile.dataset.said) }] : [];
      });
      if (!answers.length || !this.query) return;
      const milliseconds = Math.round(performance.now() - this.since);
      outbox.add("find", { kind: "search", query: this.query, answers, milliseconds },
        (reply) => reply.refused ? this.forget(answers) : this.say(t("Saved: {count} answers", { count: answers.length })));
      this.pages.push(answers);
      for (const { id: image, answer } of answers) {
        this.sent.set(image, answer);
        this.marks.delete(image);
      }
      this.since = performance.now();
      this.say(t("saving"));
      this.tiles.forEach((tile) => this.draw(tile));
      this.number();
      if (others) this.goOn();
    }

    forget(answers) {
      for (const { id } of answers) this.sent.delete(id);
      this.tiles.forEach((tile) => this.draw(tile));
      this.number();
    }

    // To the images that come next.
    goOn() {
      const next = this.open.find((tile) => !this.seen.has(tile.dataset.id));
      if (next) next.scrollIntoView({ block: "center", behavior: "smooth" });
      else this.fetchMore();
    }

    fetchMore() {
      if (this.asked || !this.find("[data-more]")) return;
      this.asked = true;
      this.find("[data-more]").textContent = t("More images are coming");
      this.events.more();
    }

    undo() {
      const answers = this.pages.pop() || [];
      for (const tile of this.tiles) if (answers.some(({ id }) => id === tile.dataset.id)) tile.dataset.answer = "";
      this.forget(answers);
      this.say(t("taking back"));
      outbox.undoLatest("find", (reply) => this.say(reply.refused || t("Taken back: all answers of that page")));
    }

    say(words) {
      this.words = words;
      const place = this.find(".saved");
      if (place) outbox.tell(place, "find", words);
    }
  }

  // Dragging over images marks them as the first one is marked.
  function dragging(element, view) {
    let from = null;
    let as = null;
    element.addEventListener("pointerdown", (event) => {
      from = event.pointerType === "mouse" && event.button === 0 ? event.target.closest(".tile") : null;
      as = null;
    });
    element.addEventListener("pointermove", (event) => {
      const tile = from && event.buttons & 1 ? event.target.closest(".tile") : null;
      if (!tile || (tile === from && as === null)) return;
      if (as === null) {
        as = view.marks.get(from.dataset.id) === "same" ? "" : "same";
        view.mark(from, as);
      }
      view.mark(tile, as);
    });
    element.addEventListener("dragstart", (event) => event.preventDefault());
    return () => as !== null;
  }

  function results(element, events, watch) {
    const view = new Results(element, events);
    const wasDragged = dragging(element, view);
    onClick(element, "data-mark", (button) => wasDragged() || view.turn(button.closest(".tile")));
    onClick(element, "data-rest", () => view.send(true));
    onClick(element, "data-only", () => view.send(false));
    onClick(element, "data-undo", () => view.undo());
    onClick(element, "data-more", () => view.fetchMore());
    onKey(element, (key) => {
      if (/^[1-9]$/.test(key)) {
        const tile = view.open[Number(key) - 1];
        return tile ? (view.turn(tile), true) : false;
      }
      const act = { d: () => view.send(true), s: () => view.send(false), z: () => view.undo() }[key];
      return act ? (act(), true) : false;
    });
    links.takes("find", (parameters) => {
      workbench.groups.open(parameters.view || "one");
      if (parameters.query) events.linked({ query: parameters.query });
      if (parameters.try) events.tried();
    });
    outbox.watch(() => view.say(view.words));
    outbox.onSettled("find", events.saved);
    watch("value", () => view.drawn());
    view.drawn();
  }

  workbench.find = { results };
}

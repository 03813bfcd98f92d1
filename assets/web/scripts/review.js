// The Review tab: what is to be seen, the list, one key an answer.
"use strict";
{
  const { t } = workbench.words;
  const { refusal } = workbench.rights;
  const { sessionStorage } = workbench.memory;
  const { ANSWER_KEYS, onClick, onKey, visible } = workbench.keys;
  const { links, outbox } = workbench;

  const NEWS_MS = 2000; // between two looks while the checkpoints are asked again
  const LOOK_MS = 5000; // after which a look is given up
  const WISH = "siamese.review";
  const ITEMS = "tr[data-label], li[data-item]";

  let wish = wished(); // what is to be seen: the page, and the filters' fields
  let list = null; // the List on this page
  let form = null; // the Filters on this page

  // What was to be seen before a reload, or what a link names, whose values are all texts.
  function wished() {
    const kept = JSON.parse(sessionStorage.getItem(WISH) || "{}");
    const read = { true: true, false: false };
    return Object.fromEntries(Object.entries(kept).map(([name, value]) =>
      [name, name === "page" ? Number(value) || 0 : read[value] ?? value]));
  }

  // The address names what differs from the tab as it opens.
  function tellLink() {
    const usual = { view: "answers", order: "newest", state: "counts" };
    const differs = ([name, value]) => (name in usual ? value !== usual[name] : Boolean(value));
    links.shows("review", Object.fromEntries(Object.entries(wish).filter(differs)));
  }

  // A change of anything but the page begins at the first page.
  function wishFor(change) {
    Object.assign(wish, { page: 0 }, change);
    sessionStorage.setItem(WISH, JSON.stringify(wish));
    tellLink();
    if (!list) return;
    list.afresh = true;
    list.look();
  }

  function views(element) {
    onClick(element, "data-view", (button) => wishFor({ view: button.dataset.view }));
  }

  // ---- the filters, and the line that says what is saved

  class Filters {
    constructor(element) {
      this.form = element.querySelector("form");
      this.saved = element.querySelector(".saved");
      this.words = "";
      for (const field of this.form.elements) if (field.name) this.put(field);
    }

    put(field) {
      const wished = wish[field.name];
      if (field.type === "checkbox") field.checked = wished === true;
      else if (wished !== undefined) field.value = wished;
    }

    // Offers the names and reasons that the log holds, and the one that is wished.
    offer({ view, annotators, reasons }) {
      this.form.hidden = view !== "answers";
      const names = JSON.parse(annotators).map((name) => "=" + name);
      this.fill("annotator", names, (value) => value.slice(1) || t("(no name)"));
      this.fill("reason", JSON.parse(reasons), (value) => t(value.replaceAll("_", " ")));
    }

    fill(name, values, words) {
      const select = this.form.elements[name];
      const wished = wish[name];
      const known = Array.from(select.options).slice(1).map((option) => option.value);
      if (wished && !values.includes(wished)) values.push(wished);
      if (JSON.stringify(known) === JSON.stringify(values)) return;
      select.replaceChildren(select.options[0], ...values.map((value) => new Option(words(value), value)));
      this.put(select);
    }

    say(words) {
      this.words = words;
      outbox.tell(this.saved, "review", words);
    }

    clear() {
      this.form.reset();
      wish = { view: "answers" };
      wishFor({});
    }
  }

  function filters(element) {
    const made = (form = new Filters(element));
    made.form.addEventListener("submit", (event) => event.preventDefault());
    made.form.addEventListener("change", ({ target }) =>
      wishFor({ [target.name]: target.type === "checkbox" ? target.checked : target.value }));
    onClick(element, "data-clear", () => made.clear());
    outbox.watch(() => made.say(made.words));
    links.takes("review", () => {
      wish = wished();
      for (const field of made.form.elements) if (field.name) made.put(field);
      wishFor(wish);
    });
  }

  // ---- the list: keys act on the chosen item

  const nameOf = (item) => item.dataset.label || item.dataset.left + item.dataset.right;

  class List {
    // `look(wish)` asks the server for what is to be seen; `drawn` is to be called once it is drawn.
    constructor(element, look) {
      Object.assign(this, { element, ask: look, chosen: null, next: null, afresh: false });
      this.onItsWay = null; // the timer of the look that has been asked for
      this.again = false;
      this.news = null;
    }

    get items() {
      return Array.from(this.element.querySelectorAll(ITEMS));
    }

    get current() {
      return this.items.find((item) => nameOf(item) === this.chosen) || this.items[0];
    }

    get lastPage() {
      return Number(this.element.querySelector(".pager")?.dataset.last || 0);
    }

    // One look at a time, so that the last one wished is the last one drawn.
    look() {
      this.again = this.onItsWay !== null;
      if (this.again) return;
      this.onItsWay = setTimeout(() => this.looked(), LOOK_MS);
      this.ask({ ...wish });
    }

    looked() {
      clearTimeout(this.onItsWay);
      this.onItsWay = null;
      if (this.again) this.look();
    }

    drawn() {
      const root = this.element.querySelector(".review");
      if (!root) return;
      form?.offer(root.dataset);
      wish.page = Math.min(wish.page || 0, this.lastPage);
      tellLink();
      const known = this.items.find((item) => nameOf(item) === (this.next || this.chosen));
      this.choose((!this.afresh && known) || this.items[0]);
      this.next = null;
      this.afresh = false;
      this.looked();
      clearTimeout(this.news);
      if ("working" in root.dataset) this.news = setTimeout(() => visible(this.element) && this.look(), NEWS_MS);
    }

    choose(item, scroll) {
      this.chosen = item ? nameOf(item) : null;
      for (const each of this.items) each.classList.toggle("chosen", each === item);
      if (item && scroll) item.scrollIntoView({ block: "nearest" });
    }

    move(step) {
      const item = this.items[this.items.indexOf(this.current) + step];
      if (item) this.choose(item, true);
    }

    turn(step) {
      const page = wish.page + step;
      if (page >= 0 && page <= this.lastPage) wishFor({ page });
    }

    // Sends an event about an item and goes on to the one below.
    act(item, event, words) {
      if (!item || item.classList.contains("sent")) return;
      const below = this.items[this.items.indexOf(item) + 1];
      item.classList.add("sent");
      this.next = below ? nameOf(below) : null;
      if (below) this.choose(below, true);
      form.say(t("saving"));
      outbox.add("review", event, (reply) => form.say(reply.refused || words));
    }

    answer(item, answer) {
      if (!item) return;
      const refused = refusal("reviewer");
      if (refused) return form.say(refused);
      const { left, right, label } = item.dataset;
      if (left) this.act(item, { kind: "settle", left_id: left, right_id: right, answer }, t("Settled: {answer}", { answer: t(answer) }));
      else if (item.querySelector("[data-relabel]")) {
        this.act(item, { kind: "relabel", label_id: label, answer }, t("Saved: {answer}", { answer: t(answer) }));
      }
    }

    // Whose answers count: the row tells the decision once it is drawn anew.
    decide(button) {
      const { person, decision } = button.dataset;
      const done = { set_aside: t("Answers set aside"), bring_back: t("Answers brought back") }[decision];
      button.disabled = true;
      form.say(t("saving"));
      outbox.add("review", { kind: decision, person }, (reply) => form.say(reply.refused || done));
    }

    takeBack(item) {
      if (item?.querySelector("[data-takeback]")) {
        this.act(item, { kind: "undo", target: item.dataset.label }, t("Taken back"));
      }
    }

    undo() {
      outbox.undoLatest("review", (reply) => form.say(reply.refused || t("Your last answer is taken back")));
    }
  }

  function makeList(element, look, watch) {
    const made = (list = new List(element, look));
    const itemOf = (button) => button.closest(ITEMS);
    onClick(element, "data-relabel", (button) => made.answer(itemOf(button), button.dataset.relabel));
    onClick(element, "data-settle", (button) => made.answer(itemOf(button), button.dataset.settle));
    onClick(element, "data-person", (button) => made.decide(button));
    onClick(element, "data-takeback", (button) => made.takeBack(itemOf(button)));
    onClick(element, "data-turn", (button) => made.turn(Number(button.dataset.turn)));
    element.addEventListener("click", (event) => {
      const item = event.target.closest(ITEMS);
      if (item && !event.target.closest("button")) made.choose(item);
    });
    const acts = {
      j: () => made.move(1), k: () => made.move(-1), arrowdown: () => made.move(1), arrowup: () => made.move(-1),
      x: () => made.takeBack(made.current), z: () => made.undo(), n: () => made.turn(1), p: () => made.turn(-1),
    };
    onKey(element, (key) => {
      const act = ANSWER_KEYS[key] ? () => made.answer(made.current, ANSWER_KEYS[key]) : acts[key];
      return act ? (act(), true) : false;
    });
    outbox.onSettled("review", () => made.look());
    new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && made.look()).observe(element);
    watch("value", () => made.drawn());
    made.drawn();
  }

  workbench.review = { views, filters, list: makeList };
}

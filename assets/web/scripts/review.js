// The Review tab in the browser: what is to be seen, the list, one key an answer.
"use strict";

{
  const { sessionStorage, who } = workbench.memory;
  const { ANSWER_KEYS, onClick, onKey, visible } = workbench.keys;

  const RETRY_MS = 2000;
  const NEWS_MS = 2000;
  const LOOK_MS = 5000;
  const WISH = "siamese.review";
  const reviewing = { wish: JSON.parse(sessionStorage.getItem(WISH) || "{}"), look: () => {}, afresh: false, say: () => {}, offer: () => {} };

  // What is to be seen: a change of anything but the page begins at the first page.
  function wishFor(change) {
    Object.assign(reviewing.wish, { page: 0 }, change);
    sessionStorage.setItem(WISH, JSON.stringify(reviewing.wish));
    reviewing.afresh = true;
    reviewing.look();
  }

  function views(element) {
    onClick(element, "data-view", (button) => wishFor({ view: button.dataset.view }));
  }

  function filters(element) {
    const form = element.querySelector("form");
    const fields = Array.from(form.elements).filter((field) => field.name);
    const put = (field) => {
      const wished = reviewing.wish[field.name];
      if (field.type === "checkbox") field.checked = wished === true;
      else if (wished !== undefined) field.value = wished;
    };
    const options = (name, values, words) => {
      const select = form.elements[name];
      const wished = reviewing.wish[name];
      const known = Array.from(select.options).slice(1).map((option) => option.value);
      if (wished && !values.includes(wished)) values.push(wished);
      if (JSON.stringify(known) === JSON.stringify(values)) return;
      select.replaceChildren(select.options[0], ...values.map((value) => new Option(words(value), value)));
      put(select);
    };
    reviewing.say = (words) => (element.querySelector(".saved").textContent = words);
    reviewing.offer = ({ view, annotators, reasons }) => {
      form.hidden = view !== "answers";
      options("annotator", JSON.parse(annotators).map((name) => "=" + name), (value) => value.slice(1) || "(no name)");
      options("reason", JSON.parse(reasons), (value) => value.replaceAll("_", " "));
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", ({ target }) =>
      wishFor({ [target.name]: target.type === "checkbox" ? target.checked : target.value }));
    onClick(element, "data-clear", () => {
      form.reset();
      reviewing.wish = { view: "answers" };
      wishFor({});
    });
    fields.forEach(put);
  }

  // The list. Keys act on the chosen item; what is sent goes in order, and again until the server has it.
  function list(element, server, look, watch) {
    const unsent = [];
    let sending = false;
    let chosen = null; // the item's name
    let next = null; // that of the item to choose once the list is drawn anew
    let looking = null;

    const items = () => Array.from(element.querySelectorAll("tr[data-label], li[data-item]"));
    const name = (item) => item.dataset.label || item.dataset.left + item.dataset.right;
    const current = () => items().find((item) => name(item) === chosen) || items()[0];

    const lastPage = () => Number(element.querySelector(".pager")?.dataset.last || 0);

    // One look at a time, so that the last one wished is the last one drawn.
    let onItsWay = null;
    let again = false;
    reviewing.look = () => {
      again = onItsWay !== null;
      if (again) return;
      onItsWay = setTimeout(looked, LOOK_MS); // should no answer come
      look({ ...reviewing.wish });
    };

    function looked() {
      clearTimeout(onItsWay);
      onItsWay = null;
      if (again) reviewing.look();
    }

    function choose(item, scroll) {
      chosen = item ? name(item) : null;
      for (const each of items()) each.classList.toggle("chosen", each === item);
      if (item && scroll) item.scrollIntoView({ block: "nearest" });
    }

    function move(step) {
      const all = items();
      const place = all.indexOf(current()) + step;
      if (all[place]) choose(all[place], true);
    }

    async function send(call, sent, words) {
      unsent.push({ call, sent: { ...who(), ...sent }, words });
      if (sending) return;
      sending = true;
      while (unsent.length) {
        const { call, sent, words } = unsent[0];
        try {
          const reply = await server[call](sent);
          if (!reply || !(reply.saved || reply.refused)) throw new Error("no answer from the server");
          unsent.shift();
          reviewing.say(reply.refused ? `Not saved. ${reply.refused}` : words);
        } catch (lost) {
          reviewing.say(`${unsent.length} not saved yet; trying again`);
          await new Promise((later) => setTimeout(later, RETRY_MS));
        }
      }
      sending = false;
      reviewing.look();
    }

    // Acts on an item and goes on to the one below.
    function act(item, call, sent, words) {
      if (!item || item.classList.contains("sent")) return;
      const below = items()[items().indexOf(item) + 1];
      item.classList.add("sent");
      next = below ? name(below) : null;
      if (below) choose(below, true);
      reviewing.say("saving");
      send(call, sent, words);
    }

    function answer(item, kind) {
      if (!item) return;
      if (item.dataset.left) {
        act(item, "settled", { left_id: item.dataset.left, right_id: item.dataset.right, answer: kind }, `Settled: ${kind}`);
      } else if (item.querySelector("[data-relabel]")) {
        act(item, "anew", { label_id: item.dataset.label, answer: kind }, `Saved: ${kind}`);
      }
    }

    function takeAway(item) {
      if (item?.querySelector("[data-takeback]")) act(item, "take_back", { label_id: item.dataset.label }, "Taken back");
    }

    function turn(step) {
      const page = reviewing.wish.page + step;
      if (page >= 0 && page <= lastPage()) wishFor({ page });
    }

    function drawn() {
      const root = element.querySelector(".review");
      if (!root) return;
      reviewing.offer(root.dataset);
      reviewing.wish.page = Math.min(reviewing.wish.page || 0, lastPage());
      choose((!reviewing.afresh && items().find((item) => name(item) === (next || chosen))) || items()[0]);
      next = null;
      reviewing.afresh = false;
      looked();
      clearTimeout(looking);
      if ("working" in root.dataset) looking = setTimeout(() => visible(element) && reviewing.look(), NEWS_MS);
    }

    const itemOf = (button) => button.closest("tr[data-label], li[data-item]");
    onClick(element, "data-relabel", (button) => answer(itemOf(button), button.dataset.relabel));
    onClick(element, "data-settle", (button) => answer(itemOf(button), button.dataset.settle));
    onClick(element, "data-takeback", (button) => takeAway(itemOf(button)));
    onClick(element, "data-turn", (button) => turn(Number(button.dataset.turn)));
    element.addEventListener("click", (event) => {
      const item = event.target.closest("tr[data-label], li[data-item]");
      if (item && !event.target.closest("button")) choose(item);
    });
    onKey(element, (key) => {
      const acts = {
        j: () => move(1), k: () => move(-1), arrowdown: () => move(1), arrowup: () => move(-1),
        x: () => takeAway(current()), z: () => send("undo", {}, "Your last answer is taken back"),
        n: () => turn(1), p: () => turn(-1),
      };
      const run = ANSWER_KEYS[key] ? () => answer(current(), ANSWER_KEYS[key]) : acts[key];
      return run ? (run(), true) : false;
    });
    window.addEventListener("beforeunload", (event) => unsent.length && event.preventDefault());
    new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && !sending && reviewing.look()).observe(element);
    watch("value", drawn);
    drawn();
  }

  workbench.review = { views, filters, list };
}

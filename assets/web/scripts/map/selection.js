// What is selected on the map: thumbnails that can be left out, and where the images can go.
"use strict";
{
  const { t } = workbench.words;
  const { links, outbox } = workbench;
  const MOST_SHOWN = 60; // thumbnails; a class is made of no more, so that each of its images was seen

  class Selection {
    // `map`: {points, words(place), mark(places)}; `server.ask_first`; `events.saved()` once answers are saved.
    constructor(element, map, server, events) {
      Object.assign(this, { element, map, server, places: [], since: performance.now(), words: "", made: 0 });
      outbox.watch(() => this.say(this.words));
      outbox.onSettled("map", events.saved);
    }

    find(selector) { return this.element.querySelector(selector); }
    get ids() { return this.places.map((place) => this.map.points.ids[place]); }

    show(places) {
      this.places = [...places];
      this.since = performance.now();
      const { ids } = this;
      this.find(".selected").hidden = !ids.length;
      this.find("[data-count]").textContent = t("{count} images selected", { count: ids.length });
      this.find(".thumbs").replaceChildren(...this.places.slice(0, MOST_SHOWN).map((place) => this.thumb(place)));
      const [left, right] = ids.length === 2 ? ids : [];
      links.point(this.find("[data-compare]"), "compare", { left, right });
      const find = this.find("[data-find]");
      links.point(find, "find", { query: ids.length ? this.map.points.ids[this.centre()] : "" });
      find.textContent = ids.length > 1 ? t("Find more like the one in the middle") : t("Find more like it");
      for (const name of ["[data-ask]", "[data-class]"]) this.find(name).hidden = ids.length < 2;
    }

    thumb(place) {
      const words = this.map.words(place);
      const button = Object.assign(document.createElement("button"), { type: "button", title: t("Leave out: {name}", { name: words }) });
      button.setAttribute("aria-label", button.title);
      button.dataset.leave = place;
      button.append(Object.assign(new Image(), { src: `thumbs/${this.map.points.ids[place]}.png`, alt: "" }));
      return button;
    }

    leaveOut(place) {
      this.map.mark(this.places.filter((each) => each !== place));
    }

    async ask() {
      const reply = await this.server.ask_first({ ids: this.ids });
      this.say(reply.refused || reply.told);
    }

    // The place of the image that lies nearest to the middle of all selected ones.
    centre() {
      const { x, y } = this.map.points;
      const middle = (values) => this.places.reduce((sum, place) => sum + values[place], 0) / this.places.length;
      const [across, up] = [middle(x), middle(y)];
      const far = (place) => (x[place] - across) ** 2 + (y[place] - up) ** 2;
      return this.places.reduce((best, place) => (far(place) < far(best) ? place : best));
    }

    // The image in the middle is called the same as each other one: a wrong answer then cuts off one image, not half.
    oneClass() {
      const centre = this.centre();
      const ids = [centre, ...this.places.filter((place) => place !== centre)].map((place) => this.map.points.ids[place]);
      const milliseconds = Math.round(performance.now() - this.since);
      this.say(t("saving"));
      outbox.add("map", { kind: "one_class", ids, milliseconds }, (reply) => {
        if (reply.refused) return;
        this.made += 1;
        if (this.find("[data-colouring]").value === "answered") this.map.draw();
        this.say(t("Saved: {count} images are one class, by {answers} answers", { count: ids.length, answers: ids.length - 1 }));
      });
    }

    undo() {
      if (!this.made) return false;
      this.made -= 1;
      this.say(t("taking back"));
      outbox.undoLatest("map", (reply) => this.say(reply.refused || t("Taken back: the class made last")));
      return true;
    }

    say(words) {
      this.words = words;
      this.find("[data-undo]").hidden = !this.made;
      outbox.tell(this.find("[data-saved]"), "map", words);
    }
  }

  workbench.MapSelection = Selection;
}

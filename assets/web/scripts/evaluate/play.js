// Play it yourself: the trials of a report, one after the other, a key for each image.
"use strict";
{
  const { who } = workbench.memory;
  const { onClick, onKey } = workbench.keys;
  const { t } = workbench.words;

  const picture = (id, words) => {
    const image = new Image();
    image.src = `thumbs/${id}.png`;
    image.alt = words;
    return image;
  };

  class Play {
    // `done({report, name, picks})` is called with what was picked once every trial is taken.
    constructor(element, done) {
      Object.assign(this, { element, done, picks: null });
    }

    get root() {
      return this.element.querySelector(".play");
    }

    get trials() {
      return JSON.parse(this.root.dataset.trials);
    }

    begin() {
      this.picks = [];
      this.root.querySelector(".trial").hidden = false;
      this.root.querySelector("[data-begin]").textContent = t("Begin again");
      this.draw();
    }

    draw() {
      const { query, support } = this.trials[this.picks.length];
      const keys = this.root.dataset.keys;
      this.root.querySelector(".progress").textContent =
        t("Trial {number} of {all}", { number: this.picks.length + 1, all: this.trials.length });
      this.root.querySelector(".query").replaceChildren(picture(query, t("the image to classify")));
      this.root.querySelector(".support").replaceChildren(...support.map((shots, place) => {
        const button = document.createElement("button");
        const key = document.createElement("kbd");
        button.type = "button";
        button.dataset.pick = place;
        key.textContent = keys[place];
        button.append(...shots.map((id) => picture(id, t("class {number}", { number: place + 1 }))), key);
        return button;
      }));
    }

    pick(place) {
      this.picks.push(place);
      if (this.picks.length < this.trials.length) return this.draw();
      this.root.querySelector(".trial").hidden = true;
      this.done({ report: this.root.dataset.report, name: who().annotator, picks: this.picks });
      this.picks = null;
    }

    // Takes the key of an image, or nothing.
    take(key) {
      const place = this.picks ? this.root.dataset.keys.toLowerCase().indexOf(key) : -1;
      if (place < 0) return false;
      this.pick(place);
      return true;
    }
  }

  workbench.Play = Play;
  workbench.playIn = (element, done) => {
    const made = new Play(element, done);
    onClick(element, "data-begin", () => made.begin());
    onClick(element, "data-pick", (button) => made.pick(Number(button.dataset.pick)));
    onKey(element, (key) => Boolean(made.root) && key.length === 1 && made.take(key));
  };
}

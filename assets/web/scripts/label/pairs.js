// The pairs to label that are at hand: asked for ahead of time, kept over a reload, with their pictures loaded.
"use strict";
{
  const { t } = workbench.words;
  const { sessionStorage, storedList, who } = workbench.memory;
  const AT_HAND = 12; // pairs, and two more for each answer of the last five seconds
  const LATELY_MS = 5000;
  const MOST_AT_HAND = 60;
  const SPARE = 4; // pairs asked for beyond those that are needed
  const RETRY_MS = 2000;
  const QUEUE = "siamese.queue";
  const NO_MORE = t("There are no more pairs to ask about.");
  const NO_REPLY = t("The server does not answer; trying again.");

  const keyOf = (pair) => [pair.left, pair.right].sort().join();

  class Pairs {
    // `ask(sent)` is the server's; `page` has `arrived()`, called when pairs or pictures came; `gone()`, when a
    // pair cannot be shown; `isVisible()`; and `answered()`, the pairs that must not come again.
    constructor(ask, page) {
      Object.assign(this, { ask, page, asking: false, started: false, trouble: "" });
      this.queue = storedList(sessionStorage, QUEUE);
      this.awaited = this.queue[0]; // was on screen before, or is undone: shown first however long it takes
      this.pictures = new WeakMap(); // pair -> its two <img>
      this.times = []; // when the latest pairs were taken, ms
    }

    imagesOf(pair) {
      if (!this.pictures.has(pair)) {
        const both = [pair.left, pair.right].map((id, side) => {
          const image = new Image();
          image.alt = side ? t("right picture") : t("left picture");
          image.addEventListener("load", () => this.queue.length && this.page.arrived());
          image.addEventListener("error", () => {
            this.queue = this.queue.filter((each) => each !== pair);
            this.page.gone();
          });
          image.src = `pictures/${id}.png`;
          return image;
        });
        this.pictures.set(pair, both);
      }
      return this.pictures.get(pair);
    }

    isLoaded(pair) {
      return this.imagesOf(pair).every((image) => image.complete && image.naturalWidth);
    }

    loadPictures() {
      this.queue.slice(0, MOST_AT_HAND).forEach((pair) => this.imagesOf(pair));
    }

    // The pair to show, or null: the first whose pictures are there, so that nobody waits for a slow one.
    next() {
      this.loadPictures();
      const ready = this.queue.findIndex((pair) => this.isLoaded(pair) || pair === this.awaited);
      if (ready > 0) this.queue.unshift(...this.queue.splice(ready, 1));
      this.keep();
      return ready >= 0 && this.isLoaded(this.queue[0]) ? this.queue[0] : null;
    }

    // Takes the pair on screen away.
    take() {
      this.times.push(performance.now());
      return this.queue.shift();
    }

    putBack(pair) {
      this.awaited = pair;
      this.queue.unshift(pair);
    }

    // Leaves only the pairs that this annotator was asked.
    keepOf(annotator) {
      this.queue = this.queue.filter((pair) => pair.asked === annotator);
    }

    keep() {
      sessionStorage.setItem(QUEUE, JSON.stringify(this.queue));
    }

    get waitingWords() {
      return this.trouble || (this.queue.length ? t("The pictures are coming.") : t("Fetching pairs."));
    }

    wanted() {
      const now = performance.now();
      while (this.times.length && now - this.times[0] > LATELY_MS) this.times.shift();
      return Math.min(MOST_AT_HAND, AT_HAND + 2 * this.times.length);
    }

    async topUp() {
      if (this.asking || !this.started || this.queue.length >= this.wanted()) return;
      this.asking = true;
      const pause = (await this.fetch()) ? 0 : RETRY_MS;
      this.page.arrived();
      setTimeout(() => {
        this.asking = false;
        if (this.page.isVisible()) this.topUp();
        else this.started = false; // goes on when the tab is looked at again
      }, pause);
    }

    // Asks the server once; whether pairs came.
    async fetch() {
      const asked = who();
      try {
        const reply = await this.ask({ ...asked, count: this.wanted() - this.queue.length + SPARE });
        if (!reply?.pairs) {
          this.trouble = reply?.refused || NO_REPLY;
          return false;
        }
        this.add(reply.pairs, asked.annotator);
        this.trouble = reply.pairs.length || this.queue.length ? "" : reply.waiting || NO_MORE;
        return reply.pairs.length > 0;
      } catch (lost) {
        this.trouble = NO_REPLY;
        return false;
      }
    }

    add(pairs, annotator) {
      if (annotator !== who().annotator) return; // the name has changed meanwhile
      const known = new Set([...this.queue, ...this.page.answered()].map(keyOf));
      for (const pair of pairs) {
        if (!known.has(keyOf(pair))) this.queue.push({ ...pair, asked: annotator });
      }
      this.keep();
      this.loadPictures();
    }
  }

  workbench.Pairs = Pairs;
}

// The Map tab: a scatter of the pool's images by regl-scatterplot, loaded when the tab is first seen.
"use strict";
{
  const { t } = workbench.words;
  const { onClick, onKey, visible } = workbench.keys;
  const LOOK_MS = 2000; // between two looks whether there are images
  const MORE_MS = 5000; // between two looks whether more are embedded
  const VENDOR = "vendor/";
  const PALETTE = ["#8a857b", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195",
    "#a6761d", "#1b9e77", "#e7298a", "#66a61e", "#386cb0", "#b15928", "#6a3d9a", "#ff7f00", "#33a02c",
    "#e31a1c", "#1f78b4", "#fb9a99"];
  const RAMP = ["#d8d2c4", "#c5d3da", "#93bcd6", "#5ba0cc", "#2685bf", "#0072b2"];
  // Points that are drawn while the map moves, spread evenly over all: for browsers without a graphics card.
  const MOST_MOVING = 8_000;
  const REST_MS = 300; // after which all are drawn
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  const equal = (some, others) => some.length === others.length && some.every((each, place) => each === others[place]);

  function load(name) {
    return new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: VENDOR + name });
      script.onload = resolve;
      script.onerror = () => reject(new Error(name));
      document.head.append(script);
    });
  }

  let library = null;
  function scatterplot() {
    library ||= (async () => {
      const events = await import(new URL(VENDOR + "pub-sub-es.js", document.baseURI));
      window.createPubSub = events.default;
      await load("regl.min.js");
      await load("regl-scatterplot.min.js");
      return window.createScatterplot;
    })();
    return library;
  }

  class Scatter {
    constructor(element, server, events) {
      Object.assign(this, { element, server, points: { ids: [] }, at: -1, asked: 0 });
      this.plot = this.find(".plot");
      this.selection = new workbench.MapSelection(element, this, server, events);
      this.arrows = new workbench.MapArrows(this, server);
      element.addEventListener("change", () => this.draw());
      onClick(element, "data-whole", () => this.whole());
      onClick(element, "data-none", () => this.mark([]));
      onClick(element, "data-ask", () => this.selection.ask());
      onClick(element, "data-class", () => this.selection.oneClass());
      onClick(element, "data-leave", (button) => this.selection.leaveOut(Number(button.dataset.leave)));
      onClick(element, "data-undo", () => this.selection.undo());
      onClick(element, "data-lasso", (button) => this.toggle(button, (on) => this.scatter?.set({ mouseMode: on ? "lasso" : "panZoom" })));
      onClick(element, "data-arrows", (button) => this.toggle(button, () => this.arrows.turn()));
      onKey(element, (key) => key === "z" && this.selection.undo());
      this.plot.addEventListener("mousedown", () => { this.held = true; });
      window.addEventListener("mouseup", () => { this.held = false; });
      this.plot.addEventListener("keydown", (event) => this.key(event));
      new IntersectionObserver((entries) => {
        if (entries.some((each) => each.isIntersecting)) this.seen();
      }).observe(this.find(".map"));
      new ResizeObserver(() => this.resize()).observe(this.plot);
    }

    find(selector) { return this.element.querySelector(selector); }
    get slot() { return this.find("[data-slot]").value; }
    get selected() { return this.selection.places; }
    toggle(button, act) {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      act(on);
    }

    tell(words) { this.find("[data-told]").textContent = words; }

    async seen() {
      if (this.scatter) this.draw(true);
      if (this.scatter || this.starting) return;
      this.starting = true;
      try {
        const { default: create, createRenderer } = await scatterplot();
        const { width, height } = this.plot.getBoundingClientRect();
        // Its own renderer draws a picture as large as the window for each frame, whatever the plot's size.
        this.renderer = createRenderer({ canvas: document.createElement("canvas") });
        this.renderer.resize(width, height);
        this.scatter = create({ renderer: this.renderer, canvas: this.find("canvas"), width, height, pointSize: 5,
          opacity: 0.85, pointSizeSelected: 3, pointOutlineWidth: 2 });
        this.scatter.subscribe("pointOver", (place) => this.hover(place));
        this.scatter.subscribe("pointOut", () => this.hover(-1));
        this.scatter.subscribe("select", ({ points }) => this.select(points));
        this.scatter.subscribe("deselect", () => this.select([]));
        this.scatter.subscribe("view", () => this.moving());
      } catch (failure) {
        this.tell(t("This browser cannot draw the map: it needs WebGL. The list of selected images works all the same."));
      }
      this.draw();
    }

    resize() {
      const { width, height } = this.plot.getBoundingClientRect();
      if (!this.scatter || !width) return;
      this.renderer.resize(width, height);
      this.scatter.set({ width, height });
    }

    // again: only if images, places or colours have changed since, so that a selection is kept
    async draw(again = false) {
      const wish = { slot: this.slot, colouring: this.find("[data-colouring]").value,
        chosen: this.points.ids[this.at] || this.points.ids[this.selected.at(-1)] || "" };
      const asked = ++this.asked;
      if (!again) this.tell(t("Laying out the images"));
      const found = await this.server.points(wish);
      if (asked !== this.asked) return;
      this.element.querySelector(".map").classList.toggle("bare", Boolean(found.nothing));
      if (found.nothing || found.waiting) {
        this.tell(found.waiting || "");
        return this.later(false, LOOK_MS);
      }
      if (found.refused) return this.tell(found.refused);
      const count = found.ids.length;
      this.tell(found.more ? t("{count} images, others are being embedded", { count }) : t("{count} images", { count }));
      if (found.more) this.later(true, MORE_MS);
      if (again && ["ids", "x", "value"].every((name) => equal(found[name], this.points[name] || []))) return;
      const kept = again ? this.selected.map((place) => this.points.ids[place]) : [];
      this.points = found;
      this.at = found.ids.indexOf(wish.chosen);
      this.name();
      if (!this.scatter) return;
      const sheet = getComputedStyle(this.element.querySelector(".map")).getPropertyValue("--sheet").trim();
      this.scatter.set({ backgroundColor: sheet || "#ffffff", colorBy: "valueA",
        pointColor: found.names.length ? PALETTE.slice(0, Math.max(2, found.names.length)) : RAMP });
      await this.scatter.draw({ x: found.x, y: found.y, valueA: found.value }, {
        zDataType: found.names.length ? "categorical" : "continuous" });
      if (!again) this.whole();
      this.mark(kept.map((id) => found.ids.indexOf(id)).filter((place) => place >= 0));
      this.arrows.draw();
    }

    later(again, milliseconds) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => visible(this.element) && this.draw(again), milliseconds);
    }

    moving() {
      const { length } = this.points.ids;
      if (length <= MOST_MOVING) return;
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.resting(), REST_MS);
      if (this.thinned) return;
      this.thinned = true;
      const step = Math.ceil(length / MOST_MOVING);
      const some = Array.from({ length: Math.floor(length / step) }, (_, place) => place * step);
      this.scatter.filter([...some, ...this.selected], { preventEvent: true });
    }

    // Not while a button is held: a slow browser draws less often than `REST_MS`.
    resting() {
      if (this.held) return this.moving();
      this.thinned = false;
      this.scatter.unfilter({ preventEvent: true });
    }

    // A narrow plot shows less of the width than of the height.
    whole() { this.scatter?.zoomToArea({ x: -1.05, y: -1.05, width: 2.1, height: 2.1 }); }

    // The colours by name, so that none is told by colour alone.
    name() {
      const { names, value } = this.points;
      const counts = names.map(() => 0);
      for (const each of value) counts[each] += 1;
      const items = names.map((name, place) => {
        const item = document.createElement("li");
        const mark = Object.assign(document.createElement("i"), { ariaHidden: "true" });
        mark.style.background = PALETTE[place];
        item.append(mark, `${name || t("others")} ${counts[place]}`);
        item.hidden = !counts[place];
        return item;
      });
      this.find(".names").replaceChildren(...items);
    }

    words(place) {
      const { names, value } = this.points;
      return names.length ? names[value[place]] || t("others") : value[place].toFixed(2);
    }

    hover(place) {
      const figure = this.find(".hovered");
      figure.hidden = place < 0;
      if (place < 0) return;
      figure.querySelector("img").src = `thumbs/${this.points.ids[place]}.png`;
      figure.querySelector("figcaption").textContent = this.words(place);
      const [x, y] = this.scatter?.getScreenPosition(place) || [0, 0];
      const { width, height } = this.plot.getBoundingClientRect();
      figure.style.left = `${Math.min(x + 12, width - 116)}px`;
      figure.style.top = `${Math.min(y + 12, height - 130)}px`;
    }

    select(places) {
      if (places.length) this.at = places.at(-1);
      this.selection.show(places);
    }

    mark(places) {
      if (places.length) this.scatter?.select(places, { preventEvent: true });
      else this.scatter?.deselect({ preventEvent: true });
      this.select(places);
    }

    // Arrow keys go to the nearest image in their direction, Enter selects it or lets it go.
    key(event) {
      const { ids } = this.points;
      if (!ids.length || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" && this.at >= 0) {
        const others = this.selected.filter((place) => place !== this.at);
        this.mark(others.length < this.selected.length ? others : [...others, this.at]);
      } else if (KEYS[event.key]) {
        this.at = this.at < 0 ? 0 : this.next(KEYS[event.key]);
        this.hover(this.at);
        this.tell(this.words(this.at));
      } else return;
      event.preventDefault();
    }

    next([across, up]) {
      const { x, y } = this.points;
      let [best, nearest] = [this.at, Infinity];
      for (let place = 0; place < x.length; place += 1) {
        const [dx, dy] = [x[place] - x[this.at], y[place] - y[this.at]];
        const ahead = dx * across + dy * up;
        if (place === this.at || ahead <= 0 || ahead * ahead < (dx * dx + dy * dy) / 2) continue;
        if (dx * dx + dy * dy < nearest) [best, nearest] = [place, dx * dx + dy * dy];
      }
      return best;
    }
  }

  function start(element, server, events) {
    workbench.map.shown = new Scatter(element, server, events);
  }

  workbench.map = { start };
}

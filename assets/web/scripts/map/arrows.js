// Arrows on the map, from where images were before a retraining to where they are.
"use strict";
{
  const COLOUR = "#c2410c";
  const HEAD = 0.05; // length of the head, of half the map's width

  // The corners of an arrow as one line: shaft, then both sides of the head.
  function arrow([fromX, fromY], [toX, toY]) {
    const length = Math.hypot(toX - fromX, toY - fromY) || 1;
    const size = Math.min(HEAD, length / 2);
    const [ux, uy] = [(size * (toX - fromX)) / length, (size * (toY - fromY)) / length];
    const side = (sign) => [toX - ux - (sign * uy) / 2, toY - uy + (sign * ux) / 2];
    return [[fromX, fromY], [toX, toY], side(1), [toX, toY], side(-1), [toX, toY]];
  }

  class Arrows {
    constructor(map, server) {
      Object.assign(this, { map, server, on: false });
    }

    turn() {
      this.on = !this.on;
      this.draw();
    }

    // Draws them for the points that are shown; tells how many images moved.
    async draw() {
      const { scatter, points } = this.map;
      if (!scatter) return;
      scatter.clearAnnotations();
      if (!this.on || !points.ids.length) return;
      const found = await this.server.arrows({ slot: this.map.slot });
      if (!this.on || points !== this.map.points) return;
      if (found.refused) return this.map.tell(found.refused);
      const place = new Map(points.ids.map((id, number) => [id, number]));
      const lines = found.ids.map((id, number) => ({
        vertices: arrow([found.x[number], found.y[number]], [points.x[place.get(id)], points.y[place.get(id)]]),
        lineColor: COLOUR, lineWidth: 1.5 }));
      if (lines.length) scatter.drawAnnotations(lines);
      this.map.tell(found.told);
    }
  }

  workbench.MapArrows = Arrows;
}

// How the pair to label, the encoders' opinions and the last answer are drawn into the server's markup.
"use strict";
{
  const { t } = workbench.words;
  class Drawing {
    constructor(root) {
      this.root = root;
      this.verdicts = root.querySelector("template").content;
      this.likes = [...this.verdicts.querySelectorAll("[data-like]")]; // of the left and the right picture
    }

    find(selector) {
      return this.root.querySelector(selector);
    }

    // `images`: the two <img> of the pair; `pair` is null where there is none to show yet, and why is in `waiting`.
    pair(pair, images, waiting) {
      const { root } = this;
      root.classList.toggle("empty", !pair);
      for (const button of root.querySelectorAll("[data-reply], [data-skip]")) button.setAttribute("aria-disabled", !pair);
      root.classList.remove("other");
      root.dataset.left = pair ? pair.left : "";
      root.dataset.right = pair ? pair.right : "";
      ["left", "right"].forEach((side, i) => {
        const name = pair?.classes?.[i]; // a pair that was kept by an earlier version has none
        const caption = Object.assign(document.createElement("figcaption"), { textContent: name, title: t("folder") });
        const like = this.likes[i].cloneNode(true);
        workbench.links.point(like, "find", { query: pair?.[side] });
        this.find(`figure.${side}`).replaceChildren(...images.slice(i, i + 1), ...(name ? [caption] : []), like);
      });
      this.find(".why-asked").textContent = pair ? pair.why : "";
      for (const line of root.querySelectorAll(".says-row .line")) {
        const slot = line.dataset.slot;
        this.opinion(line, pair && pair.said[slot]);
        if (pair && pair.networks[slot]) line.querySelector("b").textContent = pair.networks[slot];
      }
      this.find(".waiting").textContent = waiting;
    }

    opinion(line, said) {
      line.classList.toggle("absent", !said);
      line.classList.toggle("abstains", Boolean(said?.abstains));
      line.classList.remove("asked");
      if (!said) return;
      const answer = said.same ? "same" : "different";
      const [similarity, threshold] = [said.similarity.toFixed(2), said.threshold.toFixed(2)];
      const scale = line.querySelector(".scale");
      scale.className = "scale " + answer;
      scale.setAttribute("aria-label", 
        t("similarity {similarity}, threshold {threshold}: {answer}", { similarity, threshold, answer: t(answer) }));
      scale.querySelector(".fill").style.width = 100 * said.similarity + "%";
      scale.querySelector(".tick").style.left = 100 * said.threshold + "%";
      line.querySelector(".number").textContent = similarity;
      line.querySelector(".word").replaceChildren(this.verdict(answer));
    }

    verdict(answer) {
      return this.verdicts.querySelector("." + answer).cloneNode(true);
    }

    // What the encoders said of the pair answered last, even where that was hidden: it may be seen now.
    last(pair, answer) {
      const last = this.find(".last");
      last.replaceChildren();
      if (!pair) return;
      last.append(t("You said"), " ", this.verdict(answer));
      for (const [slot, said] of Object.entries(pair.said)) {
        if (said.abstains) continue;
        const verdict = said.same ? "same" : "different";
        const part = document.createElement("span");
        part.append(`${pair.networks[slot]} ${said.similarity.toFixed(2)} `, this.verdict(verdict));
        if (answer !== "unsure" && verdict !== answer) {
          part.append(Object.assign(document.createElement("span"), { className: "correction", textContent: t("corrected") }));
        }
        last.append(part);
      }
    }
  }

  workbench.PairDrawing = Drawing;
}

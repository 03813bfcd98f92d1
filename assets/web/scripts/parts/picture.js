// A place for one picture: drawing, Ctrl+V, the camera's troubles; upload, webcam and clipboard are gradio's.
"use strict";
{
  const { t } = workbench.words;
  const { onClick, typing, visible } = workbench.keys;
  const DRAWN_AFTER_MS = 500; // without a new stroke, the drawing is given
  const CAMERA_TROUBLES = {
    NotFoundError: t("There is no camera. Connect one, or choose a file."),
    NotAllowedError: t("The browser may not use the camera. Allow it beside the address, or choose a file."),
    NotReadableError: t("The camera is in use elsewhere. Close that program, or choose a file."),
  };
  // What gradio's own buttons are called; it has these in English only.
  const GRADIO_NAMES = {
    Fullscreen: t("Fullscreen"), "Exit fullscreen": t("Exit fullscreen"), "Remove Image": t("Remove image"),
    "Upload file": t("Upload file"), "Capture from camera": t("Capture from camera"),
    "Paste from clipboard": t("Paste from clipboard"), Clear: t("Clear"),
  };
  const places = []; // {element, column, offer}

  // `give({path, name})` puts an uploaded picture into the place, `give({path: null})` empties it; `shown`: the
  // browser has tried to show it already.
  function place(element, give) {
    const column = element.closest(".place");
    const offer = async (file) => {
      try {
        const [uploaded] = await workbench.uploads.upload([{ file, name: file.name }]);
        give(uploaded);
      } catch (problem) {
        tell(element, t("The picture was not uploaded: {problem}", { problem: problem.message }));
      }
    };
    places.push({ element, column, offer });
    watchSource(column);
    translateNames(column);
    uploadDrawings(column);
    showUnshowable(column, give);
    drawing(element, offer, () => give({ path: null }));
    onClick(element, "data-draw", () => column.classList.add("drawing"));
    onClick(element, "data-done", () => column.classList.remove("drawing"));
  }

  function translateNames(column) {
    const translate = () => {
      for (const name of ["aria-label", "title"]) {
        for (const button of column.querySelectorAll(`.block [${name}]`)) {
          const words = GRADIO_NAMES[button.getAttribute(name)];
          if (words && words !== button.getAttribute(name)) button.setAttribute(name, words);
        }
      }
    };
    new MutationObserver(translate).observe(column, { childList: true, subtree: true });
    translate();
  }

  // Opinions on the pictures before must not be answered once another one is on screen.
  function watchSource(column) {
    let source = null;
    new MutationObserver(() => {
      const now = column.querySelector("img")?.getAttribute("src") || null;
      if (now === source) return;
      source = now;
      column.querySelector("[data-like]").hidden = true;
      outdate(column.closest(".tabitem")?.querySelector(".opinions, .rankings"));
    }).observe(column, { childList: true, subtree: true, attributes: true, attributeFilter: ["src"] });
  }

  // A tab says which stored image is in the place with the elem_id `name`, so that it can be searched for.
  function shows(name, image) {
    const link = document.querySelector(`#${name}-pad [data-like]`); // none yet while the page is being built
    if (link) workbench.links.point(link, "find", { query: image });
  }

  // The next opinions from the server are valid again.
  function outdate(board) {
    if (!board) return;
    board.classList.add("stale");
    for (const part of ["left", "right", "query"]) if (part in board.dataset) board.dataset[part] = "";
    if (!board.matches(".opinions")) return;
    workbench.compare.idle(true);
    workbench.samples.frame(board);
  }

  // Gradio puts a file called .svg into its message in place of uploading it, and the server refuses the message:
  // under another name it is uploaded, and told of as any file that is no image.
  function uploadDrawings(column) {
    const isDrawing = (file) => file.name.toLowerCase().endsWith(".svg");
    const renamed = (files) => {
      const list = new DataTransfer();
      for (const file of files) {
        const name = `${file.name.slice(0, -4)} (SVG)`;
        list.items.add(isDrawing(file) ? new File([file], name, { type: file.type }) : file);
      }
      return list;
    };
    column.addEventListener("change", ({ target }) => {
      if (target.type === "file" && Array.from(target.files).some(isDrawing)) target.files = renamed(target.files).files;
    }, true);
    column.addEventListener("drop", (event) => {
      const files = Array.from(event.dataTransfer?.files || []);
      if (!files.some(isDrawing)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const options = { bubbles: true, cancelable: true, dataTransfer: renamed(files) };
      event.target.dispatchEvent(new DragEvent("drop", options));
    }, true);
  }

  // A picture that the browser cannot show (TIFF, say) comes back from the server as one that it can.
  function showUnshowable(column, give) {
    column.addEventListener("error", (event) => {
      const source = event.target.tagName === "IMG" ? event.target.getAttribute("src") || "" : "";
      const path = source.split("/gradio_api/file=")[1];
      if (path) give({ path: decodeURIComponent(path), shown: true });
    }, true);
  }

  function paint(canvas, strokes) {
    const pen = canvas.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = pen.fillStyle = "black";
    pen.lineWidth = canvas.width / 28;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of strokes) {
      pen.beginPath();
      stroke.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
      pen.stroke();
    }
  }

  function drawing(element, offer, empty) {
    const canvas = element.querySelector("canvas");
    const strokes = [];
    let timer = null;

    function changed() {
      paint(canvas, strokes);
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!strokes.length) return empty();
        canvas.toBlob((blob) => offer(new File([blob], "drawing.png", { type: "image/png" })), "image/png");
      }, DRAWN_AFTER_MS);
    }

    function point(event) {
      const box = canvas.getBoundingClientRect();
      const scale = canvas.width / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    }

    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      clearTimeout(timer);
      strokes.push([point(event)]);
      paint(canvas, strokes);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!event.buttons || !canvas.hasPointerCapture(event.pointerId)) return;
      strokes[strokes.length - 1].push(point(event));
      paint(canvas, strokes);
    });
    canvas.addEventListener("pointerup", changed);
    canvas.addEventListener("pointercancel", changed);
    onClick(element, "data-step", () => strokes.pop() && changed());
    onClick(element, "data-wipe", () => {
      if (strokes.length) { strokes.length = 0; changed(); }
    });
    paint(canvas, strokes);
  }

  // Says what went wrong, until the next click into the place.
  function tell(element, words) {
    const told = element.querySelector(".trouble");
    told.textContent = words;
    told.hidden = false;
    element.closest(".place").addEventListener("click", () => (told.hidden = true), { once: true });
  }

  // Gradio says nothing where there is no camera to be had.
  window.addEventListener("unhandledrejection", (event) => {
    const words = CAMERA_TROUBLES[event.reason?.name];
    const asked = places.find(({ column }) => visible(column) && column.contains(document.activeElement));
    if (!words || !asked) return;
    event.preventDefault();
    tell(asked.element, words);
  });

  // Ctrl+V puts a picture where the mouse is, else into the first empty place, else into the first.
  document.addEventListener("paste", (event) => {
    const item = Array.from(event.clipboardData?.items || []).find((each) => each.type.startsWith("image/"));
    const open = places.filter((each) => each.column.isConnected && visible(each.column));
    if (!item || !open.length || typing(event.target)) return;
    const target = open.find((each) => each.column.matches(":hover"))
      || open.find((each) => !each.column.querySelector("img")) || open[0];
    event.preventDefault();
    target.offer(item.getAsFile());
  });

  workbench.picture = { place, shows };
}

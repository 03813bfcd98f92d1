// Files on their way to the server: the one function that uploads, and a place where many are added at once.
"use strict";
{
  const { t } = workbench.words;
  const { onClick } = workbench.keys;
  const { UPLOAD, reasonOf } = workbench.unsent;
  const FILES_AT_ONCE = 20;
  const FILES_IN_A_PART = 1000;

  // Uploads [{file, name}] and gives [{path, name}]; `progress(done, all)` is called before each request.
  async function upload(files, progress = () => {}) {
    const done = [];
    for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
      progress(start, files.length);
      const part = files.slice(start, start + FILES_AT_ONCE);
      const form = new FormData();
      for (const { file } of part) form.append("files", file);
      const reply = await fetch(UPLOAD, { method: "POST", body: form });
      if (!reply.ok) throw new Error(await reasonOf(reply));
      (await reply.json()).forEach((path, i) => done.push({ path, name: part[i].name }));
    }
    return done;
  }

  async function filesBelow(entry, prefix) {
    if (entry.isFile) {
      const file = await new Promise((good, bad) => entry.file(good, bad));
      return [{ file, name: prefix + file.name }];
    }
    const found = [];
    const reader = entry.createReader();
    for (;;) { // a reader gives the entries of a folder in parts
      const part = await new Promise((good, bad) => reader.readEntries(good, bad));
      if (!part.length) return found;
      for (const each of part) found.push(...(await filesBelow(each, prefix + entry.name + "/")));
    }
  }

  // Everything below what was dropped, with names that keep the folders.
  async function droppedFiles(items) {
    const entries = Array.from(items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const found = await Promise.all(entries.map((entry) => filesBelow(entry, "")));
    return found.flat();
  }

  function chooseFiles(element, accept, folder, take) {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.webkitdirectory = folder;
    if (!folder) input.accept = accept;
    input.hidden = true;
    input.dataset.chooser = folder ? "folder" : "files";
    input.addEventListener("change", () => {
      take(Array.from(input.files, (file) => ({ file, name: file.webkitRelativePath || file.name })));
      input.remove();
    });
    element.append(input);
    input.click();
  }

  function onDrop(element, take) {
    element.addEventListener("dragover", (event) => {
      event.preventDefault();
      element.classList.add("dropping");
    });
    element.addEventListener("dragleave", () => element.classList.remove("dropping"));
    element.addEventListener("drop", async (event) => {
      event.preventDefault();
      element.classList.remove("dropping");
      take(await droppedFiles(event.dataTransfer.items));
    });
  }

  // Files by two buttons or dropped on `element`: uploads them, tells in its .foot how far, and hands over
  // [{path, name}] in parts.
  function fileAdder(element, accept, added) {
    async function take(files) {
      const chosen = files.filter(({ file }) => !file.name.startsWith("."));
      // a folder comes in the order of the disk
      chosen.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
      const tell = (words) => (element.querySelector(".foot").textContent = words);
      try {
        const uploaded = await upload(chosen, (done, all) => tell(t("Uploading: {done} of {all}", { done, all })));
        tell("");
        for (let start = 0; start < uploaded.length; start += FILES_IN_A_PART) {
          added({ files: uploaded.slice(start, start + FILES_IN_A_PART) });
        }
      } catch (problem) {
        tell(t("Nothing was added: {problem}", { problem: problem.message }));
      }
    }

    onClick(element, "data-files", () => chooseFiles(element, accept, false, take));
    onClick(element, "data-folder", () => chooseFiles(element, accept, true, take));
    onDrop(element, take);
  }

  workbench.uploads = { upload, fileAdder };
}

// The page's words are English whatever the browser speaks, so gradio's own must be, too, and the language that it
// declares.
"use strict";
for (const [name, value] of [["language", "en"], ["languages", ["en"]]]) {
  Object.defineProperty(navigator, name, { get: () => value });
}

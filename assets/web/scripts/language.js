// The page's words are English whatever the browser speaks. Gradio's own words and labels, read to the blind among
// others, and the language that it declares follow the browser's, so they are told that it speaks English.
"use strict";
{
  const english = { language: "en", languages: Object.freeze(["en"]) };
  for (const [name, value] of Object.entries(english)) {
    Object.defineProperty(navigator, name, { get: () => value, configurable: true });
  }
}

// The language of the page, whatever the browser speaks: gradio's own words and labels, read to the blind among
// others, and the language that it declares follow the browser's, so they are told that it speaks the page's.
"use strict";
{
  const { language } = window.siamese;
  for (const [name, value] of Object.entries({ language, languages: Object.freeze([language]) })) {
    Object.defineProperty(navigator, name, { get: () => value, configurable: true });
  }
}

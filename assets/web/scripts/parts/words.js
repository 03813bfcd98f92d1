// The words that scripts write, in the page's language. A text is named by its English words, in which {name} stands
// for a value; one without a translation stays English.
"use strict";
{
  const { language, languages, words } = window.siamese;
  const COOKIE = "siamese_language";
  const YEAR_S = 365 * 24 * 3600;

  const t = (text, values = {}) =>
    (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  // A number with the separators of the language; `decimals`: exactly as many.
  const number = (value, decimals = 0) =>
    value.toLocaleString(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

  // The page is loaded anew in the language; what is on screen comes back as after any reload.
  function speak(chosen) {
    const path = new URL(document.baseURI).pathname;
    document.cookie = `${COOKIE}=${chosen}; path=${path}; max-age=${YEAR_S}; samesite=lax`;
    location.reload();
  }

  workbench.words = { t, number, speak, language, languages };
}

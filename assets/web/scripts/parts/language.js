// The page's words are English whatever the browser speaks; gradio declares the browser's language.
"use strict";
{
  const root = document.documentElement;
  const declare = () => root.lang === "en" || (root.lang = "en");
  new MutationObserver(declare).observe(root, { attributes: true, attributeFilter: ["lang"] });
  declare();
}

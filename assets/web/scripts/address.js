// Says what to do where a proxy hides the page's address from the server. Gradio asks for its own scripts
// at the address that the server knows; the browser refuses that, and the page would stay white.
"use strict";
{
  const known = new URL(window.gradio_config?.root ?? location.href);

  // One who ends TLS before the server and does not say so: the rest of the address is right.
  if (known.host === location.host && known.protocol !== location.protocol) {
    window.gradio_config.root = location.origin + known.pathname.replace(/\/$/, "");
  }

  function explain() {
    const opened = location.origin + location.pathname.replace(/\/$/, "");
    const words = document.createElement("p");
    words.id = "wrong-address";
    words.setAttribute("role", "alert");
    words.style = "font: 1.1rem/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem";
    words.textContent = `The page must be opened at the address that its server knows. Received: ${opened}, `
      + `where the server knows ${known.href}. Open the page there; or, where a proxy stands between, start `
      + `the server with --root-path ${opened}`;
    document.body.replaceChildren(words);
  }

  if (known.host !== location.host) document.addEventListener("DOMContentLoaded", explain);
}

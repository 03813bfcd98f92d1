// Links to what a tab shows: /?tab=compare&left=ID&right=ID. A link fills what the tab remembers before the page
// loads; the address bar follows what is shown, so that it can be copied; a click on <a data-link href="?tab=…">
// goes there without a reload.
"use strict";
{
  const { sessionStorage } = workbench.memory;
  const TAB = "siamese.tab"; // its id; what it shows is remembered under "siamese." and this
  const shown = new Map(); // tab -> the parameters of what it shows
  const takers = new Map(); // tab -> act(parameters)
  const missed = new Map(); // tab -> the parameters of a link to it that was clicked before the tab was ever opened
  const own = new Set(["tab"]); // the parameters that this page has written; others (__theme, say) are kept

  const openTab = () => sessionStorage.getItem(TAB) || "compare";
  const kept = (tab) => {
    try {
      return JSON.parse(sessionStorage.getItem("siamese." + tab)) || {};
    } catch (torn) {
      return {};
    }
  };

  // {tab, parameters} of an address; `tab` is null where the address names none.
  function read(address) {
    const { tab = null, ...parameters } = Object.fromEntries(new URL(address, location.href).searchParams);
    for (const name of Object.keys(parameters)) if (name.startsWith("__")) delete parameters[name];
    return { tab, parameters };
  }

  function hold(tab, parameters) {
    sessionStorage.setItem("siamese." + tab, JSON.stringify(parameters));
  }

  // What is remembered over a reload may know more than the address, a moved threshold, say.
  function isRemembered(tab, parameters) {
    const [visit] = performance.getEntriesByType("navigation");
    const before = kept(tab);
    return visit?.type !== "navigate"
      && Object.entries(parameters).every(([name, value]) => String(before[name]) === value);
  }

  function write() {
    const address = new URL(location.href);
    const tab = openTab();
    for (const name of own) address.searchParams.delete(name);
    const parameters = Object.entries(shown.get(tab) || {}).filter(([, value]) => value != null);
    if (tab !== "compare" || parameters.length) address.searchParams.set("tab", tab);
    for (const [name, value] of parameters) {
      own.add(name);
      address.searchParams.set(name, value);
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  // A tab says what it shows, in the words of its links; {} where it shows nothing that can be linked to.
  function shows(tab, parameters) {
    shown.set(tab, parameters);
    if (tab === openTab()) write();
  }

  // `act(parameters)` is called for a link to the tab that is clicked while the page is open.
  function takes(tab, act) {
    takers.set(tab, act);
    if (missed.has(tab)) act(missed.get(tab));
    missed.delete(tab);
  }

  function open(tab) {
    document.querySelector(`#tabs button[role=tab][data-tab-id="${CSS.escape(tab)}"]`)?.click();
  }

  function go(tab, parameters = {}) {
    if (Object.keys(parameters).length) {
      hold(tab, parameters);
      if (takers.has(tab)) takers.get(tab)(parameters);
      else missed.set(tab, parameters);
    }
    open(tab);
  }

  // Leads a link to what a tab shows; hides it where a parameter is not known.
  function point(link, tab, parameters) {
    link.hidden = Object.values(parameters).some((value) => !value);
    if (!link.hidden) link.href = "?" + new URLSearchParams({ tab, ...parameters });
  }

  document.addEventListener("click", (event) => {
    const tab = event.target.closest("#tabs button[role=tab]");
    if (tab) {
      sessionStorage.setItem(TAB, tab.dataset.tabId);
      write();
    }
    const link = event.target.closest("a[data-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { tab: wished, parameters } = read(link.href);
    go(wished, parameters);
  });

  const asked = read(location.href);
  if (asked.tab) {
    sessionStorage.setItem(TAB, asked.tab);
    for (const name of Object.keys(asked.parameters)) own.add(name);
    if (Object.keys(asked.parameters).length) {
      if (!isRemembered(asked.tab, asked.parameters)) hold(asked.tab, asked.parameters);
      shown.set(asked.tab, asked.parameters);
    }
  }

  workbench.links = { asked, openTab, open, shows, takes, go, point };
}

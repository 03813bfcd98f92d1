// What somebody's role does not allow is closed, with a sentence that says whose it is. The server refuses it anyway
// (page/parts/rights.py has the whole list).
"use strict";
{
  const { t } = workbench.words;
  const { account, role: own } = workbench.account;
  const ROLES = ["annotator", "reviewer", "owner"];
  const SENTENCES = {
    reviewer: t("Only reviewers and owners can do this. Your role: {own}.", { own }),
    owner: t("Only owners can do this. Your role: {own}.", { own }),
  };
  const CLOSED = {
    reviewer: t("What is grey here is for reviewers and owners. Your role: {own}.", { own }),
    owner: t("What is grey here is for owners. Your role: {own}.", { own }),
  };
  // [whose it is, what the sentence stands before, what is closed in it; by default all of it]
  const PLACES = [
    ["owner", "#retrain-start"],
    ["owner", "#checkpoints", "[data-promote], [data-rollback]"],
    ["owner", "#pool", "[data-files], [data-folder]"],
    ["owner", "#overlap"],
    ["owner", "#threshold-form"],
    ["owner", "#duplicates", "[data-aside], [data-rest], [data-back]"],
    ["owner", "#evaluated", "[data-delete]"],
    ["owner", "#review", "[data-decision]"],
    ["reviewer", "#evaluate-start"],
    ["reviewer", "#review", "[data-relabel], [data-settle], [data-person]"],
  ];
  const places = account ? PLACES.filter(([role]) => ROLES.indexOf(role) > ROLES.indexOf(account.role)) : [];

  function close([role, selector, inside]) {
    const place = document.querySelector(selector);
    const closed = place && (inside ? place.querySelectorAll(inside) : [place]);
    if (!closed?.length) return;
    for (const each of closed) if (!each.inert) each.inert = true;
    if (place.previousElementSibling?.classList.contains("not-allowed")) return;
    const told = Object.assign(document.createElement("div"), { className: "not-allowed html-container" });
    told.append(Object.assign(document.createElement("p"), { className: "quiet", textContent: CLOSED[role] }));
    place.before(told);
  }

  // Keys answer, too: the sentence that says why not; empty where the role of whoever has logged in allows it.
  const refusal = (role) => (!account || ROLES.indexOf(account.role) >= ROLES.indexOf(role) ? "" : SENTENCES[role]);

  if (places.length) {
    let asked = 0;
    const look = () => {
      asked = 0;
      places.forEach(close);
    };
    new MutationObserver(() => (asked ||= requestAnimationFrame(look))).observe(document, { childList: true, subtree: true });
  }

  workbench.rights = { refusal };
}

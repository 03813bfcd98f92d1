// The Retrain tab: which checkpoint serves.
"use strict";
{
  const { onClick } = workbench.keys;

  function checkpoints(element, act) {
    onClick(element, "data-promote", (button) => act({ slot: button.dataset.slot, promote: button.dataset.promote }));
    onClick(element, "data-rollback", (button) => act({ slot: button.dataset.rollback, domain: button.dataset.domain }));
  }

  workbench.retrain = { checkpoints };
}

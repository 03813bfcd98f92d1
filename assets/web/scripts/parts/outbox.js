// Answers are kept in the browser until the server has them.
"use strict";
{
  const { localStorage, randomHex, storedList } = workbench.memory;
  const SENT_AT_ONCE = 20;
  const RETRY_MS = 2000;
  const UNSAVED = "siamese.unsaved.";

  // `changed()` after every change, `saved()` once all is. Several tabs have an outbox each; whatever an earlier
  // page left behind is sent by the next one.
  function outbox(server, changed, saved) {
    const own = UNSAVED + randomHex(8);
    const waiting = [];
    const refused = [];
    let sending = false;
    let lost = false;

    const keep = () => {
      const all = [...waiting, ...refused.map((each) => each.event)];
      if (all.length) localStorage.setItem(own, JSON.stringify(all));
      else localStorage.removeItem(own);
    };

    function adopt() {
      const left = Object.keys(localStorage).filter((key) => key.startsWith(UNSAVED) && key !== own);
      for (const key of left) waiting.push(...storedList(localStorage, key));
      keep();
      for (const key of left) localStorage.removeItem(key);
      if (waiting.length) send();
    }

    async function send() {
      if (sending) return;
      sending = true;
      while (waiting.length) {
        changed();
        try {
          const reply = await server.save({ events: waiting.slice(0, SENT_AT_ONCE) });
          // gradio answers a lost connection with something of its own: only our words count
          if (!reply || !reply.done) throw new Error(reply?.refused || "no answer from the server");
          lost = false;
          settle(reply.done);
        } catch (problem) {
          lost = true;
          changed();
          await new Promise((later) => setTimeout(later, RETRY_MS));
        }
      }
      sending = false;
      changed();
      saved();
    }

    function settle(done) {
      for (let i = waiting.length - 1; i >= 0; i--) {
        const told = done[waiting[i].id];
        if (!told) continue;
        const [event] = waiting.splice(i, 1);
        if (told.refused) refused.push({ event, words: told.refused });
      }
      keep();
    }

    return {
      adopt,
      add(event) {
        waiting.push(event);
        keep();
        send();
      },
      // An answer that the server would not have needs no undo.
      withdraw(id) {
        const place = refused.findIndex((each) => each.event.id === id);
        if (place >= 0) refused.splice(place, 1);
        keep();
        return place >= 0;
      },
      again() {
        waiting.push(...refused.splice(0).map((each) => each.event));
        send();
      },
      discard() {
        refused.length = 0;
        keep();
        changed();
      },
      get unsaved() { return waiting.length; },
      get refused() { return refused; },
      get lost() { return lost; },
    };
  }

  workbench.outbox = outbox;
}

// The one way of answers to the log, for all tabs. An answer is kept in localStorage until the server has said that
// it is on disk; it is sent again after a lost network, a reload or a crash. Each has an id of its own, so it is
// logged once however often it is sent.
"use strict";
{
  const { t } = workbench.words;
  const { account } = workbench.account;
  const { localStorage, randomHex, storedList, who } = workbench.memory;
  const RETRY_MS = 2000;
  const SENT_AT_ONCE = 20; // events
  const MOST_CHARACTERS = 400_000; // in one request; the server takes a million bytes
  const UNSAVED = "siamese.unsaved.";
  const OF = `${UNSAVED}of.`; // somebody who has logged in: only they send it
  const own = account ? `${OF}${encodeURIComponent(account.name)}.` : UNSAVED;
  const isOurs = (key) => key.startsWith(UNSAVED) && (!account || !key.startsWith(OF) || key.startsWith(own));

  const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  class Outbox {
    constructor() {
      this.key = own + randomHex(8); // of this page: several tabs have an outbox each
      this.server = null;
      this.waiting = []; // events in the order in which they were given
      this.refused = []; // {event, words}: kept until the person decides
      this.replies = new Map(); // event id -> what to call with the server's reply
      this.watchers = []; // called after every change
      this.settledWatchers = []; // {tab, act}
      this.settled = new Set(); // tabs whose events have been settled since all was sent
      this.sending = false;
      this.lost = false;
      window.addEventListener("beforeunload", (event) => this.unsaved && event.preventDefault());
    }

    // `server.save` is the server's function. Takes over what an earlier page has left behind.
    start(server) {
      this.server = server;
      const left = localStorage.keys().filter((key) => isOurs(key) && key !== this.key);
      this.waiting.unshift(...left.flatMap((key) => storedList(localStorage, key)));
      this.keep();
      for (const key of left) localStorage.removeItem(key);
      this.send();
    }

    // Sends an event {kind, ...} of a tab; gives its id. `told(reply)` is called when it is saved or refused.
    add(tab, event, told = () => {}) {
      const id = randomHex(16);
      this.waiting.push({ ...who(), account: account?.name, id, tab, ...event });
      this.replies.set(id, told);
      this.keep();
      this.changed();
      this.send();
      return id;
    }

    // Takes back the session's latest answer; one that the server would not have needs no undo.
    undoLatest(tab, told) {
      const latest = this.refused.findLast(({ event }) => event.tab === tab);
      if (!latest) return this.add(tab, { kind: "undo_latest" }, told);
      this.withdraw(latest.event.id);
      told({ saved: true });
    }

    // Whether the event was refused, and is now forgotten.
    withdraw(id) {
      const place = this.refused.findIndex(({ event }) => event.id === id);
      if (place >= 0) this.refused.splice(place, 1);
      this.keep();
      this.changed();
      return place >= 0;
    }

    tryAgain() {
      this.waiting.push(...this.refused.splice(0).map(({ event }) => event));
      this.send();
    }

    discard() {
      this.refused.length = 0;
      this.keep();
      this.changed();
    }

    get unsaved() { return this.waiting.length; }

    watch(act) {
      this.watchers.push(act);
    }

    // `act()` is called once everything is sent, if something of the tab was among it.
    onSettled(tab, act) {
      this.settledWatchers.push({ tab, act });
    }

    changed() {
      for (const act of this.watchers) act();
    }

    keep() {
      const all = [...this.waiting, ...this.refused.map(({ event }) => event)];
      if (all.length) localStorage.setItem(this.key, JSON.stringify(all)); // where that is full, leaving still warns
      else localStorage.removeItem(this.key);
    }

    async send() {
      if (this.sending || !this.server) return;
      this.sending = true;
      while (this.waiting.length) {
        this.changed();
        this.lost = !(await this.sendPart());
        if (!this.lost) continue;
        this.changed();
        await later(RETRY_MS);
      }
      this.sending = false;
      this.changed();
      for (const { tab, act } of this.settledWatchers) if (this.settled.has(tab)) act();
      this.settled.clear();
    }

    // Whether the server has decided on all that was sent.
    async sendPart() {
      const part = this.nextPart();
      try {
        const reply = await this.server.save({ events: part });
        // gradio answers a lost connection with something of its own: only our words count
        const done = reply?.done || {};
        for (const event of part) this.settle(event, done[event.id]);
        this.keep();
        return part.every(({ id }) => done[id]?.saved || done[id]?.refused);
      } catch (lost) {
        return false;
      }
    }

    nextPart() {
      let characters = 0;
      const tooMuch = this.waiting.findIndex((event, i) => {
        characters += JSON.stringify(event).length;
        return i > 0 && characters > MOST_CHARACTERS;
      });
      return this.waiting.slice(0, Math.min(SENT_AT_ONCE, tooMuch < 0 ? SENT_AT_ONCE : tooMuch));
    }

    settle(event, reply) {
      if (!reply?.saved && !reply?.refused) return; // a full disk, for one: it waits
      this.waiting.splice(this.waiting.indexOf(event), 1);
      this.settled.add(event.tab);
      if (reply.refused && !event.kind.startsWith("undo")) this.refused.push({ event, words: reply.refused });
      this.replies.get(event.id)?.(reply);
      this.replies.delete(event.id);
    }

    // Writes into `element` what is not saved; what of the tab was refused, until the person decides; else `words`.
    tell(element, tab, words) {
      const refused = this.refused.filter(({ event }) => event.tab === tab);
      if (refused.length) {
        element.textContent = t("{count} not saved: {words}", { count: refused.length, words: refused[0].words }) + " ";
        element.append(linkButton(t("Try again"), () => this.tryAgain()), " ", linkButton(t("Discard"), () => this.discard()));
      } else if (this.lost && this.unsaved) {
        element.textContent = t("{count} not saved yet; trying again", { count: this.unsaved });
      } else {
        element.textContent = words;
      }
    }
  }

  function linkButton(label, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: label });
    button.addEventListener("click", act);
    return button;
  }

  workbench.outbox = new Outbox();
}

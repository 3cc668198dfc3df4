// What the tab has subscribed to, and where each topic's sequence stands. No DOM in here.

/**
 * @typedef {{id: number, uses: number, seq: number | null, held: boolean, unavailable: boolean}} Entry
 */
export class Topics {
  /**
   * @param {(message: object) => void} send
   * @param {(topic: string, why: object) => void} raise
   */
  constructor(send, raise) {
    this.send = send;
    this.raise = raise;
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    this.lastId = 0;
  }

  /** Subscribe; `since` is the sequence number the page was rendered with, where it knows one. */
  add(/** @type {string} */ topic, /** @type {number | null} */ since = null) {
    const entry = this.entries.get(topic);
    if (entry) {
      entry.uses += 1;
      return;
    }
    this.lastId += 1;
    this.entries.set(topic, { id: this.lastId, uses: 1, seq: since, held: false, unavailable: false });
    this.#subscribe(topic);
  }

  drop(/** @type {string} */ topic) {
    const entry = this.entries.get(topic);
    if (!entry) return;
    entry.uses -= 1;
    if (entry.uses > 0) return;
    this.entries.delete(topic);
    this.send({ op: "unsub", id: entry.id, topic });
  }

  subscribeAll() {
    for (const topic of this.entries.keys()) this.#subscribe(topic);
  }

  /** Take a message of the server; a gap in the sequence or a resync means: fetch again. */
  receive(/** @type {any} */ message) {
    if (message.op === "error") return this.#refused(message);
    const entry = this.entries.get(message.topic);
    if (!entry) return undefined;
    if (message.op === "ack") this.#acknowledge(message.topic, entry, message.seq);
    else if (message.op === "ev") this.#event(message, entry);
    else if (message.op === "resync") {
      entry.seq = message.seq ?? null;
      this.raise(message.topic, { kind: "resync" });
    }
    return undefined;
  }

  /** Subscribe again to what the server could not take a moment ago. */
  retryUnavailable() {
    for (const [topic, entry] of this.entries) {
      if (!entry.unavailable) continue;
      entry.unavailable = false;
      this.#subscribe(topic);
    }
  }

  raiseAll(/** @type {string} */ kind) {
    for (const topic of this.entries.keys()) this.raise(topic, { kind });
  }

  hold(/** @type {string} */ topic) {
    const entry = this.entries.get(topic);
    if (entry) entry.held = true;
  }

  raiseHeld() {
    for (const [topic, entry] of this.entries) {
      if (!entry.held) continue;
      entry.held = false;
      this.raise(topic, { kind: "resume" });
    }
  }

  /** A topic that may not be read (any more) is let go; the page asks once and is told why. */
  #refused(/** @type {{id: number, code: string}} */ { id, code }) {
    for (const [topic, entry] of this.entries) {
      if (entry.id !== id) continue;
      if (code === "unavailable") entry.unavailable = true;
      else this.entries.delete(topic);
      if (code === "revoked") this.raise(topic, { kind: "revoked" });
    }
  }

  #subscribe(/** @type {string} */ topic) {
    const entry = /** @type {Entry} */ (this.entries.get(topic));
    this.send({ op: "sub", id: entry.id, topic, since: entry.seq });
  }

  /** Something may have happened between rendering and subscribing: then the numbers differ. */
  #acknowledge(/** @type {string} */ topic, /** @type {Entry} */ entry, /** @type {number} */ seq) {
    const stale = entry.seq === null || entry.seq !== seq;
    entry.seq = seq;
    if (stale) this.raise(topic, { kind: "catch-up" });
  }

  #event(/** @type {any} */ message, /** @type {Entry} */ entry) {
    if (entry.seq !== null && message.seq <= entry.seq) return;
    const gap = entry.seq !== null && message.seq > entry.seq + 1;
    entry.seq = message.seq;
    this.raise(message.topic, { kind: gap ? "gap" : message.kind, ids: message.ids });
  }
}

// What the tab has subscribed to, and where each topic's sequence stands. No DOM in here.

/**
 * @typedef {{id: number, uses: number, seq: number | null, held: boolean}} Entry
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
    this.entries.set(topic, { id: this.lastId, uses: 1, seq: since, held: false });
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
  receive(/** @type {{op: string, topic: string, seq: number, kind?: string, ids?: object}} */ message) {
    const entry = this.entries.get(message.topic);
    if (!entry) return;
    if (message.op === "ack") this.#acknowledge(message.topic, entry, message.seq);
    else if (message.op === "ev") this.#event(message, entry);
    else if (message.op === "resync") {
      entry.seq = message.seq ?? null;
      this.raise(message.topic, { kind: "resync" });
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

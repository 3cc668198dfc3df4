// <live-socket url>: one websocket for all topics of the tab. Events say what changed; pages refetch.
import { backoffMs } from "./backoff.js";
import { Topics } from "./live-topics.js";
import { traffic } from "./htmx.js";

const POLL_MS = 15_000;
const PING_MS = 20_000;
const GATHER_MS = 60;

class LiveSocket extends HTMLElement {
  connectedCallback() {
    this.attempt = 0;
    /** @type {Map<string, object>} */
    this.gathered = new Map();
    this.topics = new Topics(
      (message) => this.send(message),
      (topic, why) => this.raise(topic, why),
    );
    this.listeners = new AbortController();
    const signal = this.listeners.signal;
    addEventListener("online", () => this.connectSoon(0), { signal });
    addEventListener("offline", () => this.show("offline"), { signal });
    addEventListener("pagehide", () => this.socket?.close(), { signal });
    addEventListener("pageshow", (e) => e.persisted && this.connectSoon(0), { signal });
    document.addEventListener("visibilitychange", () => this.onVisibility(), { signal });
    this.querySelector("[data-pause]")?.addEventListener("click", () => this.togglePause(), { signal });
    document.addEventListener("berth:topic-add", (e) => this.onTopic(e, true), { signal });
    document.addEventListener("berth:topic-drop", (e) => this.onTopic(e, false), { signal });
    document.querySelectorAll("live-topic, live-region[topic]").forEach((el) => {
      /** @type {any} */ (el).subscribe?.();
    });
    this.poller = setInterval(() => this.poll(), POLL_MS);
    this.pinger = setInterval(() => this.send({ op: "ping" }), PING_MS);
    this.show("connecting");
    this.connectSoon(0);
  }

  disconnectedCallback() {
    this.listeners?.abort();
    clearInterval(this.poller);
    clearInterval(this.pinger);
    clearTimeout(this.timer);
    this.stopped = true;
    this.socket?.close();
  }

  get url() {
    const url = new URL(this.getAttribute("url") ?? "/ws/live/", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    return url.href;
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connectSoon(/** @type {number} */ wait) {
    if (this.isOpen || this.stopped || this.signedOut || this.socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  connect() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => this.onOpen());
    socket.addEventListener("message", (event) => this.onMessage(event.data));
    socket.addEventListener("close", () => this.onClose(socket));
  }

  /** The mark stays until every topic has been fetched again, not merely until the socket is up. */
  async onOpen() {
    const again = this.lost;
    this.attempt = 0;
    this.topics?.subscribeAll();
    if (!again) return this.show("live");
    const failedBefore = traffic.failed;
    this.topics?.raiseAll("reconnect");
    await landed();
    if (!this.isOpen) return undefined;
    this.lost = traffic.failed > failedBefore;
    return this.show(this.lost ? "polling" : "live");
  }

  onMessage(/** @type {string} */ text) {
    const message = JSON.parse(text);
    if (message.op === "bye") {
      this.signedOut = message.code === "signed-out";
      this.retryAfter = 1000 * (message.retry_after ?? 0);
      this.socket?.close();
    } else {
      this.topics?.receive(message);
    }
  }

  onClose(/** @type {WebSocket} */ socket) {
    if (socket !== this.socket || this.stopped) return;
    this.lost = true;
    if (this.signedOut) {
      this.show("signedout");
      return;
    }
    this.show(navigator.onLine ? (this.attempt > 1 ? "polling" : "reconnecting") : "offline");
    const wait = Math.max(backoffMs(this.attempt ?? 0), this.retryAfter ?? 0);
    this.retryAfter = 0;
    this.attempt = (this.attempt ?? 0) + 1;
    this.connectSoon(wait);
  }

  onVisibility() {
    if (document.hidden) {
      this.hiddenAt = Date.now();
      return;
    }
    if (!this.isOpen) this.connectSoon(0);
    else if (Date.now() - (this.hiddenAt ?? Date.now()) > 30_000) this.topics?.raiseAll("resync");
  }

  onTopic(/** @type {Event} */ event, /** @type {boolean} */ added) {
    const { name, since } = /** @type {CustomEvent} */ (event).detail;
    if (added) this.topics?.add(name, since);
    else this.topics?.drop(name);
  }

  poll() {
    this.topics?.retryUnavailable();
    if ((this.isOpen && !this.lost) || this.signedOut) return;
    if (!document.hidden) this.topics?.raiseAll("poll");
    if (this.isOpen) this.onOpen();
  }

  send(/** @type {object} */ message) {
    if (this.isOpen) this.socket?.send(JSON.stringify(message));
  }

  togglePause() {
    this.paused = !this.paused;
    this.querySelector("[data-pause]")?.setAttribute("aria-pressed", String(this.paused));
    this.show(this.shown ?? "live");
    if (!this.paused) this.topics?.raiseHeld();
  }

  /** Gather for a moment: an acknowledgement and a resync of one topic are one reason to fetch. */
  raise(/** @type {string} */ topic, /** @type {object} */ why) {
    if (this.paused) return this.topics?.hold(topic);
    if (this.gathered?.size === 0) setTimeout(() => this.tell(), GATHER_MS);
    return this.gathered?.set(topic, why);
  }

  /** Tell the page; htmx listens with hx-trigger="live:<topic> from:body". */
  tell() {
    const gathered = [...(this.gathered ?? [])];
    this.gathered?.clear();
    for (const [topic, detail] of gathered) {
      const name = `live:${topic.replaceAll(":", "-")}`;
      document.body.dispatchEvent(new CustomEvent(name, { detail }));
    }
  }

  show(/** @type {string} */ state) {
    this.shown = state;
    const visible = this.paused && state === "live" ? "paused" : state;
    const mark = this.querySelector(".b-live");
    const word = this.querySelector("[data-word]");
    mark?.setAttribute("data-state", visible);
    if (word) word.textContent = this.getAttribute(`word-${visible}`) ?? visible;
  }
}

/** Resolves when no request is open any more, at the latest after ten seconds. */
async function landed() {
  const deadline = Date.now() + 10_000;
  do {
    await new Promise((resolve) => setTimeout(resolve, 120));
  } while (traffic.open > 0 && Date.now() < deadline);
}

customElements.define("live-socket", LiveSocket);

// <live-topic name="job:123" since="41">: keeps the tab subscribed while it is in the page.
class LiveTopic extends HTMLElement {
  connectedCallback() {
    this.subscribe();
  }

  subscribe() {
    if (this.told || !document.querySelector("live-socket")) return;
    this.told = true;
    topicTell("add", this.getAttribute("name") ?? "", this.getAttribute("since"));
  }

  disconnectedCallback() {
    if (this.told) topicTell("drop", this.getAttribute("name") ?? "", null);
    this.told = false;
  }
}

/** Ask the socket to add or drop a topic; `since` is text of a number, or null. */
export function topicTell(
  /** @type {"add" | "drop"} */ what,
  /** @type {string} */ name,
  /** @type {string | null} */ since,
) {
  const detail = { name, since: since ? Number(since) : null };
  document.dispatchEvent(new CustomEvent(`berth:topic-${what}`, { detail }));
}

customElements.define("live-topic", LiveTopic);

import assert from "node:assert/strict";
import test from "node:test";
import { Topics } from "../src/js/live-topics.js";

function setup() {
  const sent = [];
  const raised = [];
  const topics = new Topics(
    (message) => sent.push(message),
    (topic, why) => raised.push([topic, why.kind]),
  );
  return { sent, raised, topics };
}

test("a topic is subscribed once however many parts of the page use it", () => {
  const { sent, topics } = setup();
  topics.add("job:5", 3);
  topics.add("job:5", 3);
  topics.drop("job:5");
  assert.deepEqual(sent.map((message) => message.op), ["sub"]);
  topics.drop("job:5");
  assert.deepEqual(sent.map((message) => message.op), ["sub", "unsub"]);
});

test("an acknowledgement with the number of the page asks for nothing", () => {
  const { raised, topics } = setup();
  topics.add("job:5", 3);
  topics.receive({ op: "ack", topic: "job:5", seq: 3 });
  assert.deepEqual(raised, []);
});

test("an acknowledgement with another number catches up", () => {
  const { raised, topics } = setup();
  topics.add("job:5", 3);
  topics.receive({ op: "ack", topic: "job:5", seq: 4 });
  assert.deepEqual(raised, [["job:5", "catch-up"]]);
});

test("events in order are raised, repeated ones are not", () => {
  const { raised, topics } = setup();
  topics.add("job:5", 3);
  topics.receive({ op: "ev", topic: "job:5", seq: 4, kind: "step" });
  topics.receive({ op: "ev", topic: "job:5", seq: 4, kind: "step" });
  assert.deepEqual(raised, [["job:5", "step"]]);
});

test("a gap in the numbers and a resync mean: fetch again", () => {
  const { raised, topics } = setup();
  topics.add("job:5", 3);
  topics.receive({ op: "ev", topic: "job:5", seq: 9, kind: "step" });
  topics.receive({ op: "resync", topic: "job:5" });
  assert.deepEqual(raised, [["job:5", "gap"], ["job:5", "resync"]]);
});

test("subscribing again after a lost socket says where the page stands", () => {
  const { sent, topics } = setup();
  topics.add("job:5", 3);
  topics.receive({ op: "ev", topic: "job:5", seq: 4, kind: "step" });
  topics.subscribeAll();
  assert.equal(sent.at(-1).since, 4);
});

test("what came while paused is raised once on resume", () => {
  const { raised, topics } = setup();
  topics.add("job:5", 3);
  topics.hold("job:5");
  topics.hold("job:5");
  topics.raiseHeld();
  topics.raiseHeld();
  assert.deepEqual(raised, [["job:5", "resume"]]);
});

test("a topic whose right was withdrawn is raised once and let go", () => {
  const { sent, raised, topics } = setup();
  topics.add("job:5", 3);
  topics.receive({ op: "error", id: sent[0].id, code: "revoked" });
  topics.raiseAll("poll");
  assert.deepEqual(raised, [["job:5", "revoked"]]);
});

test("a topic that could not be taken is asked for again", () => {
  const { sent, topics } = setup();
  topics.add("job:5", 3);
  topics.receive({ op: "error", id: sent[0].id, code: "unavailable" });
  topics.retryUnavailable();
  topics.retryUnavailable();
  assert.equal(sent.length, 2);
});

import assert from "node:assert/strict";
import test from "node:test";
import { backoffMs } from "../src/js/backoff.js";

test("waits double from half a second and stop at thirty", () => {
  const longest = [0, 1, 2, 3, 10].map((attempt) => backoffMs(attempt, () => 1));
  assert.deepEqual(longest, [500, 1000, 2000, 4000, 30_000]);
});

test("half of a wait is random, so that tabs do not come back together", () => {
  assert.equal(backoffMs(2, () => 0), 1000);
  assert.equal(backoffMs(2, () => 0.5), 1500);
});

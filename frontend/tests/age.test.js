import assert from "node:assert/strict";
import test from "node:test";
import { ageText } from "../src/js/age.js";

const words = { d: "d", h: "h", m: "m", s: "s" };

test("an age has at most two units and no zero at its end", () => {
  // The same table stands in tests/portal/ui/test_units.py.
  const table = [
    [0, "0 s"], [41, "41 s"], [60, "1 m"], [399, "6 m 39 s"], [3600, "1 h"],
    [3661, "1 h 1 m"], [187_200, "2 d 4 h"], [86_400, "1 d"], [-5, "0 s"],
  ];
  for (const [seconds, text] of table) assert.equal(ageText(Number(seconds), words), text);
});

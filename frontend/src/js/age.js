// Lengths of time in words, the same as portal/ui/units.py writes them.

/** @type {[string, number][]} */
const SIZES = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

/**
 * Two largest units of a length of time: 41 s, 6 m 39 s, 2 d 4 h.
 * @param {number} seconds
 * @param {Record<string, string>} words translates d, h, m, s
 */
export function ageText(seconds, words) {
  const rest = Math.max(0, Math.floor(seconds));
  const at = Math.max(
    0,
    SIZES.findIndex(([unit, size]) => rest >= size || unit === "s"),
  );
  const [unit, size] = SIZES[at];
  const first = `${Math.floor(rest / size)} ${words[unit]}`;
  if (unit === "s") return first;
  const [nextUnit, nextSize] = SIZES[at + 1];
  const second = Math.floor((rest % size) / nextSize);
  return second ? `${first} ${second} ${words[nextUnit]}` : first;
}

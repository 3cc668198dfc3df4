// How long to wait before the next attempt to connect.
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Milliseconds before attempt `n` (0-based): doubling, at most 30 s, half of it random. */
export function backoffMs(/** @type {number} */ attempt, random = Math.random) {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(full / 2 + (full / 2) * random());
}

/** Numbers that depend on a seed alone, so that a run can be repeated. */

/**
 * @param {string | number} seed any text; the same text gives the same numbers
 * @returns {Random}
 * @typedef {object} Random
 * @property {() => number} next in [0, 1)
 * @property {(least: number, most: number) => number} between a whole number, both ends included
 * @property {<T>(list: readonly T[]) => T} pick
 */
export function seededRandom(seed) {
  let state = hash(String(seed));
  /** mulberry32 */
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (least, most) => least + Math.floor(next() * (most - least + 1));
  return { next, between, pick: (list) => list[between(0, list.length - 1)] };
}

/** FNV-1a, 32 bits. */
function hash(text) {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value | 0;
}

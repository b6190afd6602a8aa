/** Puts the figures of recorded runs into the page of guarantees. */
export function writeDocs() {
  throw new Error('not yet');
}

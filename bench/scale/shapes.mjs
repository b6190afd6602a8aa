/** Graphs that are large. */

/** One step, then `width` at once, then one that waits for all of them. */
export function fan(width) {
  const middle = Array.from({ length: width }, (_, index) => `part_${index}`);
  return [
    { name: 'split', parents: [] },
    ...middle.map((name) => ({ name, parents: ['split'] })),
    { name: 'join', parents: middle },
  ];
}

/** Layers of equal width; each step waits for two steps of the layer before it. */
export function layers(count, width) {
  const name = (layer, at) => `step_${layer}_${at % width}`;
  return Array.from({ length: count * width }, (_, index) => {
    const [layer, at] = [Math.floor(index / width), index % width];
    const parents = [name(layer - 1, at), name(layer - 1, at + 1)];
    return { name: name(layer, at), parents: layer === 0 ? [] : [...new Set(parents)] };
  });
}

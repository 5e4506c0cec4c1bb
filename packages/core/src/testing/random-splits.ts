/** Cuts `bytes` at places that depend on `seed` alone: mostly short pieces, sometimes long ones, as a network does. */
export function randomSplits(bytes: Uint8Array, seed: number): Uint8Array[] {
  const random = mulberry32(seed);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const most = random() < 0.2 ? bytes.length : 16;
    const length = 1 + Math.floor(random() * most);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** A small generator of numbers in [0, 1) with 32 bits of state, the same on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import { LINE_KINDS, lineStep } from './lines.ts';
import type { Scale } from './scale.ts';

/** More and more connections, each with one line in flight. */
export const connections: Scale = {
  name: 'connections',
  setting: 'one line in flight on each',
  ours: LINE_KINDS.ours,
  peer: 'bare node:net',
  unit: 'lines/s',
  pinned: true,
  steps: [1, 10, 100, 1000, 10_000].map((count) =>
    lineStep(count, `${count} connection${count === 1 ? '' : 's'}`, { connections: count, depth: 1 }),
  ),
};

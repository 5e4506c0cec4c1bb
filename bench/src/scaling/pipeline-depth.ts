import { LINE_KINDS, lineStep } from './lines.ts';
import type { Scale } from './scale.ts';

const CONNECTIONS = 16;

/** More and more lines in flight on the same connections. */
export const pipelineDepth: Scale = {
  name: 'pipeline depth',
  setting: `${CONNECTIONS} connections, so many lines in flight on each`,
  ours: LINE_KINDS.ours,
  peer: 'bare node:net',
  unit: 'lines/s',
  pinned: true,
  steps: [1, 4, 16, 64, 256, 1024].map((depth) =>
    lineStep(depth, `depth ${depth}`, { connections: CONNECTIONS, depth }),
  ),
};

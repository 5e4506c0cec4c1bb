import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { ServerKind } from '../load/server-kind.ts';
import { LINE_KINDS, lineStep } from './lines.ts';
import type { Scale } from './scale.ts';

const CONNECTIONS = 64;

/** More and more processes of `node:cluster` that share a port. */
export const workers: Scale = {
  name: 'workers',
  setting: `${CONNECTIONS} connections with one line in flight on each; the generator shares the cores`,
  ours: LINE_KINDS.ours,
  peer: 'bare node:cluster',
  unit: 'lines/s',
  pinned: false,
  steps: countsUpTo(availableParallelism()).map((count) =>
    lineStep(
      count,
      `${count} worker${count === 1 ? '' : 's'}`,
      { connections: CONNECTIONS, depth: 1 },
      { ours: command(LINE_KINDS.ours, count), peer: command(LINE_KINDS.peer, count) },
      'bare node:cluster',
    ),
  ),
};

function command(kind: ServerKind, count: number): string[] {
  return [process.execPath, join(import.meta.dirname, 'serve-workers.js'), kind, '{port}', `${count}`];
}

/** The powers of two, and the number itself. */
function countsUpTo(most: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log2(most)) }, (_, exponent) => 2 ** exponent);
  return [...powers, most];
}

import type { Frames } from '../load/load-case.ts';
import { serverCommand } from '../load/server-command.ts';
import type { ServerKind } from '../load/server-kind.ts';
import type { Sides } from '../side-by-side/measure-pairs.ts';
import type { Step } from './scale.ts';

/** What echoes lines, and what it is compared with. */
export const LINE_KINDS: Sides<ServerKind> = { ours: 'line-string', peer: 'bare' };

const frames: Frames = { payloadBytes: 63, requestPrefix: '-', replyPrefix: '-', suffix: '0a' };

/** A step with lines of 64 bytes. */
export function lineStep(
  x: number,
  name: string,
  load: Step['load'],
  servers: Sides<readonly string[]> = { ours: serverCommand(LINE_KINDS.ours), peer: serverCommand(LINE_KINDS.peer) },
  peer: string = 'bare node:net',
): Step {
  return { x, name, peer, unit: 'lines/s', worth: 1, frames, load, servers };
}

import { serverCommand } from '../load/server-command.ts';
import { bytesText } from '../report/number-text.ts';
import type { Scale, Step } from './scale.ts';

const CONNECTIONS = 4;

/** So much is in flight on a connection, or one message when it is larger. */
const IN_FLIGHT = 64 * 1024;

/** Larger and larger messages behind their length. */
export const messageSize: Scale = {
  name: 'message size',
  setting: `${CONNECTIONS} connections, ${bytesText(IN_FLIGHT)} or one message in flight on each`,
  ours: 'frames as views',
  peer: 'bare node:net',
  unit: 'bytes/s',
  ofBytes: true,
  pinned: true,
  steps: [16, 256, 4096, 65_536, 1_048_576, 16_777_216].map(step),
};

function step(bytes: number): Step {
  const length = bytes.toString(16).padStart(8, '0');
  return {
    x: bytes,
    name: `messages of ${bytesText(bytes)}`,
    peer: 'bare node:net',
    unit: 'bytes/s',
    worth: bytes,
    frames: { payloadBytes: bytes, requestPrefix: length, replyPrefix: length, suffix: '-' },
    load: { connections: CONNECTIONS, depth: Math.max(1, Math.floor(IN_FLIGHT / bytes)) },
    servers: { ours: serverCommand('frames'), peer: serverCommand('bare') },
  };
}

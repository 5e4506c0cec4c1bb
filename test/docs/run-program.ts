import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

import { PATIENCE } from '../support/patience.ts';

const FREE_PORTS = new URL('free-ports.mjs', import.meta.url).href;

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended: the exit status, or the signal. */
  readonly end: number | string;
}

export interface RunOptions {
  /** Which port of the docs leads to which of this machine. */
  readonly peers: Readonly<Record<string, number>>;
  /** When it has printed this, listens or is connected, and handles SIGTERM, it gets one; undefined: it ends by itself. */
  readonly stopAfter: string | undefined;
}

/** Runs a program of the docs in a process of its own. */
export async function runProgram(path: string, { peers, stopAfter }: RunOptions): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', FREE_PORTS, path], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, DOCS_PEERS: JSON.stringify(peers) },
  });
  const read = ['', '', ''];
  let stopped = false;
  // Descriptor 3 is that of free-ports.mjs.
  for (const [at, stream] of [child.stdout, child.stderr, child.stdio[3] as Readable].entries()) {
    stream!.setEncoding('utf8').on('data', (text: string) => {
      read[at] += text;
      const ready = /^is there$/m.test(read[2]!) && /^handles SIGTERM$/m.test(read[2]!);
      if (stopped || stopAfter === undefined || !ready || !read[0]!.includes(stopAfter)) return;
      stopped = true;
      child.kill('SIGTERM');
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  return { stdout: read[0]!, stderr: read[1]!, end: status ?? signal! };
}

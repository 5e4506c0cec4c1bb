import { Buffer } from 'node:buffer';

import type { SliceTimes } from '../process/slice-process.ts';
import { closedLoop, type Load } from '../side-by-side/closed-loop.ts';
import type { JobClient } from './contenders/library.ts';

/** Bytes. */
const PAYLOAD = 64;

/** What the worker in C checks: behind eight bytes that are different each time, the alphabet. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz'.repeat(3);

/** More than are in flight, so that no result can be taken for another. */
const PAYLOADS: readonly Buffer[] = Array.from({ length: 1024 }, (_, i) =>
  Buffer.from(String(i).padStart(8, '0') + ALPHABET.slice(8, PAYLOAD)),
);

/** Keeps a client busy for one slice, and compares every result in full. Returns jobs a second. */
export async function runSlice(
  client: JobClient,
  callers: number,
  times: SliceTimes,
  onMeasuring: () => void,
): Promise<number> {
  let next = 0;

  async function submitOne(): Promise<void> {
    const payload = PAYLOADS[next++ % PAYLOADS.length]!;
    const result = await client.submit(payload);
    if (!payload.equals(result)) throw new Error(`a job gave ${Buffer.from(result).toString('latin1')}`);
  }

  async function submitOverAndOver(load: Load): Promise<void> {
    while (load.running) {
      const payload = PAYLOADS[next++ % PAYLOADS.length]!;
      const result = await client.submit(payload);
      if (!payload.equals(result)) throw new Error(`a job gave ${Buffer.from(result).toString('latin1')}`);
      load.done++;
    }
  }

  // Alone, since it opens the connection.
  await submitOne();
  return closedLoop(callers, submitOverAndOver, times, onMeasuring);
}

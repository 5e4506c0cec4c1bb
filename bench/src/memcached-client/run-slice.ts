import { Buffer } from 'node:buffer';

import type { SliceTimes } from '../process/slice-process.ts';
import { closedLoop, type Load } from '../side-by-side/closed-loop.ts';
import type { ClientCase } from './client-case.ts';
import type { CacheClient } from './clients/cache-client.ts';
import type { Items } from './items.ts';

/** Calls in flight while the keys are set and read back. */
const FILLERS = 16;

/**
 * Keeps a client busy for one slice.
 *
 * @param onMeasuring called when what is done begins to count
 * @returns operations a second
 */
export async function runSlice(
  client: CacheClient,
  { operation, callers, size }: ClientCase,
  { keys, values }: Items,
  times: SliceTimes,
  onMeasuring: () => void,
): Promise<number> {
  await fill(client, { keys, values });
  const count = keys.length;
  let next = 0;

  async function getOverAndOver(load: Load): Promise<void> {
    while (load.running) {
      const answer = await client.get(keys[next++ % count]!);
      const length = client.valueIn(answer)?.length;
      if (length !== size) throw new Error(`a get gave ${length} bytes of ${size}`);
      load.done++;
    }
  }

  async function setOverAndOver(load: Load): Promise<void> {
    while (load.running) {
      const i = next++ % count;
      const answer = await client.set(keys[i]!, values[i]!);
      if (!client.isStored(answer)) throw new Error('a set was not done');
      load.done++;
    }
  }

  return closedLoop(callers, operation === 'get' ? getOverAndOver : setOverAndOver, times, onMeasuring);
}

function textOf(value: string | Uint8Array): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('latin1');
}

/** Sets every key, and compares all of what is read back. The first call is alone, since it opens the connection. */
async function fill(client: CacheClient, { keys, values }: Items): Promise<void> {
  let next = 0;
  async function fillOne(): Promise<void> {
    const i = next++;
    if (!client.isStored(await client.set(keys[i]!, values[i]!))) throw new Error(`${keys[i]} was not set`);
    const value = client.valueIn(await client.get(keys[i]!));
    if (textOf(value ?? '') !== textOf(values[i]!)) throw new Error(`${keys[i]} has another value than what was set`);
  }
  async function fillSome(): Promise<void> {
    while (next < keys.length) await fillOne();
  }
  await fillOne();
  await Promise.all(Array.from({ length: FILLERS }, fillSome));
}

import { setTimeout } from 'node:timers/promises';

import type { SliceTimes } from '../process/slice-process.ts';

/** What the callers of a slice share. */
export interface Load {
  /** Whether they go on. */
  running: boolean;
  /** Operations so far; callers count up. */
  done: number;
}

/**
 * Keeps callers busy for one slice.
 *
 * @param caller asks, awaits the answer, counts it and asks again, as long as the load runs
 * @param onMeasuring called when what is done begins to count
 * @returns operations a second
 */
export async function closedLoop(
  callers: number,
  caller: (load: Load) => Promise<void>,
  { warm, seconds }: SliceTimes,
  onMeasuring: () => void,
): Promise<number> {
  const load: Load = { running: true, done: 0 };

  async function measure(): Promise<number> {
    await setTimeout(warm * 1000);
    onMeasuring();
    const before = [load.done, process.hrtime.bigint()] as const;
    await setTimeout(seconds * 1000);
    const perSecond = ((load.done - before[0]) * 1e9) / Number(process.hrtime.bigint() - before[1]);
    load.running = false;
    return perSecond;
  }

  const loops = Array.from({ length: callers }, () => caller(load));
  try {
    const [perSecond] = await Promise.all([measure(), ...loops]);
    return perSecond;
  } finally {
    load.running = false;
  }
}

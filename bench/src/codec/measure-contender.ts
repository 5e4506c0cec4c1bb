import { getHeapStatistics } from 'node:v8';

import { measure } from 'mitata';

import type { Contender } from './contender.ts';

/** For how long one is measured at a time, in ns: short enough to fall in one phase of the machine. mitata takes 16 ms more to prepare. */
const SLICE_NS = 5e6;

/** About how long one sample takes, in ns: long enough for the clock. */
const SAMPLE_NS = 1e5;

/** Calls in a sample are a multiple of this: mitata unrolls its loop so many times. */
const UNROLLED = 4;

/** How mitata is to call each: always many times for one sample, without collecting garbage first. */
const options = { gc: false, batch_unroll: UNROLLED, batch_threshold: Infinity, warmup_threshold: Infinity } as const;

/** How many calls fill a sample. */
export async function callsOfSample({ work }: Contender): Promise<number> {
  let calls = UNROLLED;
  for (;;) {
    const begun = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) await work();
    const ns = Number(process.hrtime.bigint() - begun);
    if (ns >= SAMPLE_NS) return calls;
    calls *= 2;
  }
}

/** Median nanoseconds of one operation in one slice. */
export async function nanoseconds({ work, operations }: Contender, calls: number): Promise<number> {
  const { p50 } = await measure(work, { ...options, min_cpu_time: SLICE_NS, batch_samples: calls });
  return p50 / operations;
}

/** Bytes in V8's heap that one operation allocates, on average; samples in which garbage was collected are left out by mitata. */
export async function heapBytes({ work, operations }: Contender, calls: number): Promise<number> {
  const { heap } = await measure(work, {
    ...options,
    // A sample costs some 500 bytes itself.
    batch_samples: Math.max(calls, 1024 / operations),
    min_cpu_time: SLICE_NS,
    heap: () => getHeapStatistics().used_heap_size,
  });
  return heap!.avg / operations;
}

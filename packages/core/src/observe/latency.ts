import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

import { InvalidOptionError } from '../codec/errors.ts';
import { isThenable } from '../is-thenable.ts';

/** The longest time that a histogram tells from longer ones: an hour, in nanoseconds. */
const LONGEST = 3_600_000_000_000;

/** An option that asks for latencies to be recorded: true for a new histogram, or one to share. */
export type LatencyOption = boolean | RecordableHistogram;

/**
 * The histogram that `option` asks for, in nanoseconds and exact to a hundredth; undefined for none.
 *
 * @throws {InvalidOptionError} it is neither a boolean nor a histogram
 */
export function latencyHistogram(option: LatencyOption | undefined): RecordableHistogram | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true) return createHistogram({ lowest: 1, highest: LONGEST, figures: 2 });
  if (typeof option.record !== 'function') {
    throw new InvalidOptionError('latency must be true, false or a histogram of createHistogram() in node:perf_hooks');
  }
  return option;
}

/** Records the time since `startedAt`, which `performance.now()` told. */
export function recordLatency(histogram: RecordableHistogram, startedAt: number): void {
  histogram.record(Math.max(1, Math.round((performance.now() - startedAt) * 1e6)));
}

/** `hook`, with the time from its call until what it returned has settled recorded. */
export function timed<Arguments extends unknown[]>(
  hook: (...args: Arguments) => unknown,
  histogram: RecordableHistogram,
): (...args: Arguments) => unknown {
  return (...args) => {
    const startedAt = performance.now();
    const record = (): void => recordLatency(histogram, startedAt);
    let adopted: Promise<unknown> | undefined;
    try {
      const result = hook(...args);
      if (!isThenable(result)) return result;
      // Once: some begin their work when `then` is called.
      adopted = Promise.resolve(result);
    } finally {
      if (adopted === undefined) record();
    }
    adopted.then(record, record);
    return adopted;
  };
}

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

import { InvalidOptionError } from '../codec/errors.ts';
import { callUnheard } from '../connection/hooks.ts';
import { isThenable } from '../connection/is-thenable.ts';

/** The longest time that a histogram tells from longer ones: an hour, in nanoseconds. */
const LONGEST = 3_600_000_000_000;

/** Takes latencies: a histogram of `createHistogram()` in `node:perf_hooks`, or one of another kind. */
export interface LatencyRecorder {
  /** @param nanoseconds an integer, at least 1 */
  record(nanoseconds: number): void;
}

/** An option that asks for latencies to be recorded: true for a new histogram, or what records them, which may be shared. */
export type LatencyOption = boolean | LatencyRecorder;

/**
 * What records latencies as `option` asks: for true, a histogram that is exact to a hundredth; undefined for none.
 *
 * @throws {InvalidOptionError} it is neither a boolean nor something that records
 */
export function latencyRecorder(option: LatencyOption | undefined): LatencyRecorder | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true) return createHistogram({ lowest: 1, highest: LONGEST, figures: 2 });
  if (typeof (option as Partial<LatencyRecorder> | null)?.record !== 'function') {
    throw new InvalidOptionError(
      'latency must be true, false or a histogram of createHistogram() in node:perf_hooks, or have a method record(nanoseconds)',
    );
  }
  return option;
}

/** `recorder`, when it is a histogram of `node:perf_hooks`, which can be read; others are known to whoever made them only. */
export function histogramOf(recorder: LatencyRecorder | undefined): RecordableHistogram | undefined {
  const histogram = recorder as RecordableHistogram | undefined;
  return typeof histogram?.percentile === 'function' && typeof histogram.count === 'number' ? histogram : undefined;
}

/** Records the time since `startedAt`, which `performance.now()` told. It never throws: what the recorder throws is a process warning. */
export function recordLatency(recorder: LatencyRecorder, startedAt: number): void {
  const nanoseconds = Math.max(1, Math.round((performance.now() - startedAt) * 1e6));
  callUnheard('latency.record', () => recorder.record(nanoseconds));
}

/** `hook`, with the time from its call until what it returned has settled recorded. */
export function timed<Arguments extends unknown[]>(
  hook: (...args: Arguments) => unknown,
  recorder: LatencyRecorder,
): (...args: Arguments) => unknown {
  return (...args) => {
    const startedAt = performance.now();
    const record = (): void => recordLatency(recorder, startedAt);
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

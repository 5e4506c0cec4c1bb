import { type JsonLine, numberIn } from '../process/json-line-process.ts';
import type { MeasuredProcess } from '../process/measured-process.ts';
import { runGenerator } from './run-generator.ts';

/** What one short run against one server gave. */
export interface ServerSlice {
  readonly perSecond: number;
  /** Operations for each second of CPU time of the server: what counts when it had time left. */
  readonly perCpuSecond: number;
  /** CPU time of the server over the time it took. */
  readonly busy: number;
  /** Turn-around in microseconds, median and 99th percentile. */
  readonly p50Us: number;
  readonly p99Us: number;
  /** Resident memory of the server at the end, in bytes. */
  readonly rssBytes: number;
}

/**
 * Puts a server under load for one slice. What it used is read while the load goes on.
 *
 * @param command a load generator and its arguments: it prints a line of JSON for each phase
 * @param onEnd gets the next line after those of the slice; without it the load is ended at once
 */
export async function measureSlice(
  server: MeasuredProcess,
  command: readonly string[],
  onEnd?: (line: JsonLine) => void,
): Promise<ServerSlice> {
  let begun = [0, 0n] as readonly [number, bigint];
  let slice: ServerSlice | undefined;
  await runGenerator(`load on ${server.name}`, command, {
    onMeasuring: () => {
      begun = [server.usage().cpuNs, process.hrtime.bigint()];
    },
    onDone: (line) => {
      const { cpuNs, rssBytes } = server.usage();
      const busy = (cpuNs - begun[0]) / Number(process.hrtime.bigint() - begun[1]);
      const perSecond = numberIn(line, 'replies') / numberIn(line, 'seconds');
      slice = {
        perSecond,
        perCpuSecond: perSecond / busy,
        busy,
        p50Us: numberIn(line, 'p50_us'),
        p99Us: numberIn(line, 'p99_us'),
        rssBytes,
      };
    },
    onEnd,
  });
  return slice!;
}

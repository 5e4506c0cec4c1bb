import { type JsonLine, JsonLineProcess, numberIn } from '../json-line-process.ts';
import type { MeasuredProcess } from './measured-process.ts';

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
}

/** For how long a generator may say nothing, in ms: it knows itself when a server stalls, but work that is bounded by number may take long. */
const PATIENCE = 120_000;

/**
 * Puts a server under load for one slice.
 *
 * @param command a load generator and its arguments: it prints a line of JSON for each phase
 * @param atEnd gets the next line after those of the slice; without it the load is ended at once
 */
export async function measureSlice(
  server: MeasuredProcess,
  command: readonly string[],
  atEnd?: (line: JsonLine) => void,
): Promise<ServerSlice> {
  const load = new JsonLineProcess(`load on ${server.name}`, command);
  try {
    await phase(load, 'measuring');
    const before = [server.cpuNs(), process.hrtime.bigint()] as const;
    const done = await phase(load, 'done');
    const busy = (server.cpuNs() - before[0]) / Number(process.hrtime.bigint() - before[1]);
    atEnd?.(await phase(load, 'ended'));
    const perSecond = numberIn(done, 'replies') / numberIn(done, 'seconds');
    return {
      perSecond,
      perCpuSecond: perSecond / busy,
      busy,
      p50Us: numberIn(done, 'p50_us'),
      p99Us: numberIn(done, 'p99_us'),
    };
  } finally {
    await load.stop();
  }
}

async function phase(load: JsonLineProcess, expected: string): Promise<JsonLine> {
  const line = await load.next(PATIENCE);
  if (line['phase'] === expected) return line;
  throw new Error(line['phase'] === 'failed' ? String(line['reason']) : `unexpected ${JSON.stringify(line)}`);
}

import { JsonLineProcess, numberIn } from '../json-line-process.ts';
import type { MemcachedProcess } from './memcached-process.ts';

/** What one short run against one server gave. */
export interface ServerSlice {
  readonly perSecond: number;
  /** Operations for each second of CPU time of the server: what counts when it had time left. */
  readonly perCpuSecond: number;
  /** CPU time of the server over the time it took. */
  readonly busy: number;
  /** Turn-around of a batch in microseconds, median and 99th percentile. */
  readonly p50Us: number;
  readonly p99Us: number;
}

/** For how long the generator polls before it sleeps, in microseconds. */
const SPIN_US = 50;

/** Puts a server under load for one slice. */
export async function measureSlice(
  server: MemcachedProcess,
  generator: readonly string[],
  { connections, warm, seconds, script }: { connections: number; warm: number; seconds: number; script: string },
): Promise<ServerSlice> {
  const args = [server.port, connections, warm, seconds, SPIN_US].map(String);
  const load = new JsonLineProcess(`load on ${server.name}`, [...generator, ...args, script]);
  try {
    await phase(load, 'measuring');
    const before = [server.cpuNs(), process.hrtime.bigint()] as const;
    const done = await phase(load, 'done');
    const busy = (server.cpuNs() - before[0]) / Number(process.hrtime.bigint() - before[1]);
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

async function phase(load: JsonLineProcess, expected: string): ReturnType<JsonLineProcess['next']> {
  const line = await load.next();
  if (line['phase'] === expected) return line;
  throw new Error(line['phase'] === 'failed' ? String(line['reason']) : `unexpected ${JSON.stringify(line)}`);
}

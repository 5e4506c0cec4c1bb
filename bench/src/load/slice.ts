import { JsonLineProcess, numberIn } from '../json-line-process.ts';
import type { Frames, LoadCase } from './load-case.ts';
import type { ServerProcess } from './server-process.ts';

/** What one short run against one server gave. */
export interface Slice {
  readonly repliesPerSecond: number;
  /** Replies per second of CPU time of the server: what counts when it had time left. */
  readonly repliesPerCpuSecond: number;
  /** CPU time of the server over the time it took, 0 to 1 (more when not pinned: Node has helper threads). */
  readonly busy: number;
  /** Turn-around of a batch, median, in microseconds. */
  readonly p50Us: number;
  /** Turn-around of a batch, 99th percentile, in microseconds. */
  readonly p99Us: number;
  /** Resident memory of the server at the end, in bytes. */
  readonly rssBytes: number;
}

export interface SliceOptions {
  /** Command of the load generator, with its pinning. */
  readonly generator: readonly string[];
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly frames: Frames;
}

/** For how long the generator polls before it sleeps, in microseconds: longer than a lone turn-around takes. */
const SPIN_US = 50;

/**
 * Puts `server` under load for one slice. Its CPU time is sampled when the generator says that the warm-up is over and again
 * when it is done, while the load goes on: both samples fall in steady load, each with the server's own clock, so the busy
 * share needs no agreement on when exactly the slice began.
 */
export async function runSlice(server: ServerProcess, load: LoadCase, options: SliceOptions): Promise<Slice> {
  const { payloadBytes, requestPrefix, replyPrefix, suffix } = options.frames;
  const { warmSeconds, seconds } = options;
  const args = [server.port, load.connections, load.depth, warmSeconds, seconds, SPIN_US].map(String);
  args.push(`${payloadBytes}`, requestPrefix, replyPrefix, suffix);
  const generator = new JsonLineProcess(`load on ${server.kind}`, [...options.generator, ...args]);
  try {
    await expectPhase(generator, 'measuring');
    const before = await server.sample();
    const done = await expectPhase(generator, 'done');
    const after = await server.sample();
    const repliesPerSecond = numberIn(done, 'replies') / numberIn(done, 'seconds');
    const busy = (after.cpuUs - before.cpuUs) / (after.wallUs - before.wallUs);
    return {
      repliesPerSecond,
      repliesPerCpuSecond: repliesPerSecond / busy,
      busy,
      p50Us: numberIn(done, 'p50_us'),
      p99Us: numberIn(done, 'p99_us'),
      rssBytes: after.rssBytes,
    };
  } finally {
    await generator.stop();
  }
}

async function expectPhase(generator: JsonLineProcess, phase: string): ReturnType<JsonLineProcess['next']> {
  const line = await generator.next();
  if (line['phase'] === phase) return line;
  throw new Error(line['phase'] === 'failed' ? String(line['reason']) : `unexpected ${JSON.stringify(line)}`);
}

import { connect } from 'node:net';

import { numberIn } from '../process/json-line-process.ts';
import type { MeasuredProcess } from '../process/measured-process.ts';
import { measureSlice, type ServerSlice } from '../side-by-side/measure-slice.ts';
import type { Workload } from './workloads.ts';

/** How much load there is. */
export interface Amount {
  /** Measured time of a slice, in seconds. */
  readonly seconds: number;
  /** Background jobs of a slice; a third of that is sent before. */
  readonly jobs: number;
  /** The same of jobs on disk, where as many as are in flight are sent before. */
  readonly durableJobs: number;
}

/** For how long the generator polls before it sleeps, in microseconds. */
const SPIN_US = 50;

/** Where gearmand has one job on disk, ours is given so many, to keep it as long at it. */
const OURS_FOR_ONE = 32;

/** Workers that do the jobs between slices: each has one at a time, so that few of them would take long. */
const DRAINERS = 32;

/** Clients and workers that put a Gearman server under load. */
export class GearmanLoad {
  readonly #command: readonly string[];
  readonly #amount: Amount;

  /** @param command of the generator, without arguments */
  constructor(command: readonly string[], amount: Amount) {
    this.#command = command;
    this.#amount = amount;
  }

  /**
   * One slice. Background jobs are done afterwards, so that every slice finds an empty queue: all of them, or it is an error.
   *
   * @param warm load before it is measured, in seconds, where it is not a number of jobs
   */
  async slice(server: MeasuredProcess, workload: Workload, warm: number): Promise<ServerSlice> {
    const { mode, clients, window, workers } = workload;
    const { seconds } = this.#amount;
    if (mode === 'foreground' || mode === 'echo')
      return measureSlice(server, this.#arguments(server, mode, clients, window, workers, warm, seconds));
    let sent = 0;
    const slice = await measureSlice(
      server,
      this.#arguments(server, 'background', clients, window, 0, ...this.#jobs(server, workload)),
      (line) => (sent = numberIn(line, 'requests')),
    );
    const drained = await this.#drain(server, mode === 'drain' ? workers : DRAINERS, sent);
    return mode === 'drain' ? drained : slice;
  }

  /** Submits background jobs. */
  async fill(server: MeasuredProcess, jobs: number): Promise<void> {
    await measureSlice(server, this.#arguments(server, 'background', 1, 64, 0, 0, jobs), () => undefined);
  }

  /** Has all jobs done. Throws when there are more or less of them. */
  async drain(server: MeasuredProcess, jobs: number): Promise<void> {
    await this.#drain(server, DRAINERS, jobs);
  }

  async #drain(server: MeasuredProcess, workers: number, jobs: number): Promise<ServerSlice> {
    let done = 0;
    const slice = await measureSlice(
      server,
      this.#arguments(server, 'drain', 0, 0, workers, 0, 0),
      (line) => (done = numberIn(line, 'operations')),
    );
    if (done !== jobs) throw new Error(`${server.name}: ${jobs} background jobs were acknowledged, ${done} were done`);
    return slice;
  }

  /** Background jobs before those that are measured, and the latter. */
  #jobs({ name }: MeasuredProcess, { durable = false, clients, window }: Workload): [number, number] {
    const { jobs, durableJobs } = this.#amount;
    if (!durable) return [Math.ceil(jobs / 3), jobs];
    return [clients * window, name === 'peer' ? durableJobs : OURS_FOR_ONE * durableJobs];
  }

  #arguments(server: MeasuredProcess, mode: Workload['mode'], ...rest: readonly number[]): string[] {
    return [...this.#command, String(server.port), mode, ...[...rest, SPIN_US].map(String)];
  }
}

/** Asks a server for its version; rejects while it does not answer. */
export async function greet(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write('version\r\n');
  let said = '';
  for await (const chunk of socket) {
    said += String(chunk);
    if (said.endsWith('\n')) break;
  }
  socket.destroy();
  if (!said.startsWith('OK ')) throw new Error(`no Gearman server: ${said}`);
}

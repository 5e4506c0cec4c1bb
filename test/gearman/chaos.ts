import { setTimeout as sleep } from 'node:timers/promises';

import { WireError } from '@wirewright/core';
import { GearmanClient, JobExceptionError, JobFailedError, type Task } from '@wirewright/gearman';
import { expect, onTestFinished, vi } from 'vitest';

import type { Start } from '../interop/gearman/server-under-test.ts';
import { patient } from '../support/patience.ts';
import { random } from '../support/random.ts';
import { ChaosServer } from './chaos-server.ts';
import { type ChaosWorker, Executions, localWorker, remoteWorker } from './chaos-workers.ts';

export interface ChaosOptions {
  /** What the three servers are. */
  readonly start: Start;
  /** See {@link chaosServers}. */
  readonly orphans: boolean;
  readonly jobs: number;
  readonly seed: number;
  /** Whether jobs are submitted again when their server was lost. */
  readonly retries: boolean;
}

/** What has become of all jobs. */
export interface ChaosReport {
  readonly submitted: number;
  readonly completed: number;
  /** By the code of the error. */
  readonly failed: Readonly<Record<string, number>>;
  /** Jobs that were begun somewhere; those that were begun more than once; those that a worker was at when it crashed. */
  readonly executed: number;
  readonly repeated: number;
  readonly interrupted: number;
  /** Jobs that clients submitted again. */
  readonly retried: number;
  readonly restarts: number;
  readonly crashes: number;
  readonly resets: number;
  readonly blackHoles: number;
  /** Connections that were made. */
  readonly connects: number;
}

type Chance = () => number;

/** What a job does, and what has to come of it. */
interface ChaosJob {
  readonly index: number;
  readonly kind: 'plain' | 'pieces' | 'throws' | 'fails';
  readonly payload: string;
  /** Whether others submit it, too, at the same time. */
  readonly shared: boolean;
}

/** So that what is lost is soon noticed, in ms. */
const link = {
  connectTimeout: 2000,
  requestTimeout: 1000,
  heartbeat: { interval: 150, misses: 3 },
  reconnect: { minDelay: 5, maxDelay: 100 },
};

/** A task that is not over by then never is, in ms. */
const FOREVER = 12_000;

/** What happens, by chance in its order only: however few things do on a slow machine, there is some of each. */
const EVENTS = ['restart', 'crash', 'reset', 'crash', 'restart', 'reset all', 'crash'] as const;

/** Submits that wait for their result at a time, of each client. */
const AT_ONCE = 12;

/** What is submitted when it is over. */
const AT_LAST = '-1 plain 0 at last';

/** What may become of a job, besides that the worker says that it failed. */
const LOSSES: ReadonlySet<string> = new Set(['GEARMAN_JOB_LOST', 'GEARMAN_NO_SERVER']);

function jobsOf(count: number, chance: Chance): ChaosJob[] {
  return Array.from({ length: count }, (_, index) => {
    const luck = chance();
    const kind = luck < 0.05 ? 'throws' : luck < 0.1 ? 'fails' : luck < 0.3 ? 'pieces' : 'plain';
    const noise = 'x'.repeat(Math.floor(chance() * 300));
    const payload = `${index} ${kind} ${Math.floor(chance() * 15)} ${noise} ${index}`;
    return { index, kind, payload, shared: chance() < 0.1 };
  });
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #servers: readonly ChaosServer[];
  readonly clients: readonly GearmanClient[];
  readonly #workers: readonly ChaosWorker[];
  readonly #chance: Chance;
  readonly #executions: Executions;
  /** What has come of jobs that should not. */
  readonly wrong: string[] = [];
  readonly #failed: Record<string, number> = {};
  #submitted = 0;
  #completed = 0;
  /** Settlements of all tasks. */
  settled = 0;
  #restarts = 0;
  #crashes = 0;
  #interrupted = 0;
  #resets = 0;
  /** What happens one after the other. */
  #events: Promise<void> = Promise.resolve();
  #due = 0;
  /** Events that are still to come before each comes again. */
  readonly #deck: (typeof EVENTS)[number][] = [];

  static async start(options: ChaosOptions): Promise<Chaos> {
    const { seed, start, retries } = options;
    const servers = await Promise.all([0, 1, 2].map((index) => ChaosServer.start(start, seed + index)));
    onTestFinished(async () => {
      for (const server of servers) await server.strike();
    });
    const places = servers.map(({ place }) => place);
    const executions = new Executions();
    const remote = await Promise.all(
      [2, 4].map((concurrency) => remoteWorker(places, { ...link, concurrency }, executions.tell)),
    );
    onTestFinished(() => remote.forEach((worker) => worker.kill()));
    const local = [1, 4].map((concurrency) => localWorker(places, { ...link, concurrency }, executions.tell));
    const clients = (['hash', 'round-robin'] as const).map(
      (distribution) =>
        new GearmanClient(places, {
          ...link,
          distribution,
          timeout: FOREVER,
          retries: retries ? { lost: Infinity } : 0,
        }),
    );
    onTestFinished(() => clients.forEach((client) => client.destroy()));
    return new Chaos(options, servers, clients, [...remote, ...local], executions);
  }

  private constructor(
    options: ChaosOptions,
    servers: readonly ChaosServer[],
    clients: readonly GearmanClient[],
    workers: readonly ChaosWorker[],
    executions: Executions,
  ) {
    this.#options = options;
    this.#servers = servers;
    this.clients = clients;
    this.#workers = workers;
    this.#executions = executions;
    this.#chance = random(options.seed + 100);
  }

  /** Has all jobs submitted, and resolves when the last of them is settled and the last event is over. */
  async run(): Promise<void> {
    const jobs = jobsOf(this.#options.jobs, random(this.#options.seed + 200));
    const queue = jobs.values();
    const callers = this.clients.flatMap((client) => Array.from({ length: AT_ONCE }, () => this.#call(client, queue)));
    await Promise.all(callers);
    await this.#events;
  }

  /** From here on nothing goes wrong. */
  calm(): void {
    for (const server of this.#servers) server.calm();
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await Promise.all(this.clients.map((client) => client.close()));
    for (const server of this.#servers) await server.strike();
  }

  get report(): ChaosReport {
    const { executed, repeated } = this.#executions.jobs;
    return {
      submitted: this.#submitted,
      completed: this.#completed,
      failed: this.#failed,
      executed,
      repeated,
      interrupted: this.#interrupted,
      retried: this.clients.reduce((sum, { counters }) => sum + counters.retried, 0),
      restarts: this.#restarts,
      crashes: this.#crashes,
      resets: this.#resets,
      blackHoles: this.#servers.reduce((sum, server) => sum + server.blackHoles, 0),
      connects: this.#servers.reduce((sum, { proxy }) => sum + proxy.accepted, 0),
    };
  }

  /** Submits one job after the other. */
  async #call(client: GearmanClient, queue: Iterator<ChaosJob>): Promise<void> {
    const { orphans, retries } = this.#options;
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const job = next.value;
      // Half of all jobs have a unique, whose server is always the same; some of them are submitted by others as well.
      const alike = orphans ? !retries && !job.shared && job.index % 2 === 0 : job.shared || job.index % 2 === 0;
      const unique = alike ? `u${job.index}` : undefined;
      const submitters = job.shared ? [client, client, ...this.clients] : [client];
      const lost = await Promise.all(
        submitters.map((submitter) =>
          this.#settle(job, submitter.submit('work', job.payload, { unique }), unique === undefined),
        ),
      );
      // Whoever is told that there is nobody does better to ask again a little later.
      if (lost.includes('GEARMAN_NO_SERVER')) await sleep(10);
    }
  }

  /** Waits for a task, and checks what comes of it. Returns the code of the error. */
  async #settle(job: ChaosJob, task: Task, alone: boolean): Promise<string | undefined> {
    this.#submitted++;
    let times = 0;
    const pieces = this.#readPieces(job, task, alone);
    const code = await task.then(
      (result) => {
        times++;
        this.#completed++;
        if (String(result) !== `did ${job.payload}`) this.#blame(job, task, String(result));
        if (job.kind === 'throws' || job.kind === 'fails') this.#blame(job, task, 'it completed');
        return undefined;
      },
      (error: unknown) => {
        times++;
        return this.#failure(job, task, error);
      },
    );
    await pieces;
    this.settled += times;
    this.#happen();
    return code;
  }

  /** @param alone whether nobody else can have submitted the same job, or this client before, so that the first pieces came before this task */
  async #readPieces(job: ChaosJob, task: Task, alone: boolean): Promise<void> {
    if (job.kind !== 'pieces') return;
    let last = '';
    try {
      for await (const event of task) {
        if (event.type !== 'data') continue;
        last = String(event.data);
        if (last !== `first of ${job.payload}` && last !== `second of ${job.payload}`) this.#blame(job, task, last);
      }
    } catch {
      // It is told to whoever waits for the result.
      return;
    }
    if (alone && last !== `second of ${job.payload}`) this.#blame(job, task, `the last piece was ${last}`);
  }

  #failure(job: ChaosJob, task: Task, error: unknown): string {
    if (!(error instanceof WireError)) {
      this.#blame(job, task, String(error));
      return String(error);
    }
    const { code } = error;
    this.#failed[code] = (this.#failed[code] ?? 0) + 1;
    if (error instanceof JobExceptionError) {
      if (job.kind !== 'throws' || !error.data.includes(`threw ${job.payload}`)) this.#blame(job, task, error.message);
    } else if (error instanceof JobFailedError) {
      if (job.kind !== 'fails') this.#blame(job, task, error.message);
    } else if (this.#options.retries || !LOSSES.has(code)) {
      this.#blame(job, task, `${code} ${error.message}`);
    }
    return code;
  }

  #blame(job: ChaosJob, { handle, server, attempts }: Task, what: string): void {
    this.wrong.push(`${job.payload} (${handle} at ${server}, ${attempts} attempts): ${what}`);
  }

  /** Something happens now and then, as the jobs go on: one thing after the other, and none is put off until the jobs are over. */
  #happen(): void {
    if (this.settled % 12 !== 0 || this.#due > 1) return;
    this.#due++;
    this.#events = this.#follow(this.#events);
  }

  async #follow(before: Promise<void>): Promise<void> {
    await before;
    await this.#event();
    this.#due--;
  }

  async #event(): Promise<void> {
    const pick = <T>(from: readonly T[]): T => from[Math.floor(this.#chance() * from.length)]!;
    if (this.#deck.length === 0) this.#deck.push(...EVENTS);
    const [event] = this.#deck.splice(Math.floor(this.#chance() * this.#deck.length), 1);
    if (event === 'restart') {
      this.#restarts++;
      await pick(this.#servers).restart(Math.floor(this.#chance() * 100));
    } else if (event === 'crash') {
      this.#crashes++;
      this.#interrupted += await pick(this.#workers).crash();
    } else if (event === 'reset') {
      const links = [...pick(this.#servers).proxy.connections];
      if (links.length > 0) pick(links).reset();
      this.#resets++;
    } else {
      pick(this.#servers).proxy.resetAll();
      this.#resets++;
    }
  }
}

/**
 * Two clients, four workers, two of which are processes of their own, and three servers in a network that goes wrong; workers crash in the middle of
 * jobs, servers die, connections break off. Checks that each job settles once, with what its own payload makes of it, or an error of ours that says that
 * its server was lost; and with `retries` that none is.
 */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const scene = await Chaos.start(options);
  await scene.run();
  const { report } = scene;
  expect(scene.wrong).toEqual([]);
  expect(scene.settled).toBe(report.submitted);
  const failures = Object.values(report.failed).reduce((sum, count) => sum + count, 0);
  expect(report.completed + failures).toBe(report.submitted);
  let counted = 0;
  for (const { counters, pending } of scene.clients) {
    const { submitted, completed, failed, rejected } = counters;
    expect([pending, completed + failed + rejected]).toEqual([0, submitted]);
    counted += submitted;
  }
  expect(counted).toBe(report.submitted);
  // However it went, all is well again when the network is.
  scene.calm();
  for (const client of scene.clients) {
    const result = (): Promise<string> => client.submit('work', AT_LAST).then(String);
    await vi.waitFor(async () => expect(await result()).toBe(`did ${AT_LAST}`), patient);
  }
  await scene.close();
  return scene.report;
}

/** A report in a line. */
export function inWords(name: string, report: ChaosReport): string {
  const { failed, ...counts } = report;
  const numbers = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  const failures = Object.entries(failed).map(([code, count]) => `${count} ${code}`);
  return `${name}: ${numbers.join(', ')}; failed: ${failures.join(', ') || 'none'}`;
}

import type { Packet, PacketFields } from '@wirewright/codec-gearman';
import { ConnectionLostError, InvalidOptionError, QueueFullError } from '@wirewright/core';

import { gearmanChannels, publishOver } from '../channels.ts';
import { Job, type JobPort } from './job.ts';
import { runJob } from './run-job.ts';
import type { WorkerLink } from './worker-link.ts';
import type { Ability, JobMiddleware, WorkerSettings } from './worker-options.ts';

/** What an error of a worker is about. */
export interface WorkerErrorSeen {
  /** The server, as `servers` has it. */
  readonly server: string;
  /** The job that it was about; undefined when it was about the server. */
  readonly job: Job | undefined;
}

/** What a worker has done so far. */
export interface WorkerCounters {
  /** Jobs that came; the sum of the others, and those that run. */
  assigned: number;
  /** Jobs that ended with a result. */
  completed: number;
  /** What handlers failed, or threw, or had no time for. */
  failed: number;
  /** What was taken back: cancelled, or lost with a server, or given back at the end. */
  lost: number;
}

/** What the jobs ask of their worker, and tell it. None of it throws. */
interface RunningJobsEvents {
  /** How the jobs of a function are done; undefined when they are not. */
  ability(name: string): Ability | undefined;
  /** A handler has ended: there is room for another job. */
  ended(): void;
  /** Something failed that nobody waits for. */
  error(error: Error, seen: WorkerErrorSeen): void;
  /** It is time to ask whether servers still have what runs. */
  check(): void;
}

/** The jobs of a worker, from when they come until their handlers have ended. */
export class RunningJobs {
  readonly #settings: WorkerSettings;
  readonly #events: RunningJobsEvents;
  readonly #middleware: JobMiddleware[] = [];
  readonly #counters = { assigned: 0, completed: 0, failed: 0, lost: 0 };
  #size = 0;
  #cancelCheck: (() => void) | undefined = undefined;

  constructor(settings: WorkerSettings, events: RunningJobsEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  /** Handlers that run: also those whose job is over, and that have not heeded its signal yet. */
  get size(): number {
    return this.#size;
  }

  get counters(): Readonly<WorkerCounters> {
    return { ...this.#counters };
  }

  /** Does something around every handler, inside of what was given before. */
  use(middleware: JobMiddleware): void {
    this.#middleware.push(middleware);
  }

  /** Does a job that a server has given. */
  begin(from: WorkerLink, assigned: Packet): void {
    const name = assigned.text(1);
    const handle = assigned.latin1(0);
    const ability = this.#events.ability(name);
    this.#counters.assigned++;
    this.#size++;
    const port: JobPort = {
      function: name,
      handle,
      server: from.link.name,
      modern: from.modern,
      send: (message) => sendOn(from, message),
      over: (job, error, takenBack) => this.#over(from, job, error, takenBack),
      trouble: (job, error) => this.#events.error(error, { server: from.link.name, job }),
    };
    const job = new Job(port, assigned);
    from.began(job);
    if (ability === undefined) {
      job.fail(
        new InvalidOptionError(`${from.link.name} sent a job of ${JSON.stringify(name)}, which is done by nobody here`),
      );
      this.#ended();
      return;
    }
    this.#watch();
    runJob(job, ability, this.#middleware, this.#settings.link.clock, () => this.#ended());
  }

  /** Looks no more after those that run. */
  stop(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }

  #over(from: WorkerLink, job: Job, error: Error | undefined, takenBack: boolean): void {
    from.ended(job);
    if (takenBack) this.#counters.lost++;
    else if (error === undefined && job.succeeded) this.#counters.completed++;
    else this.#counters.failed++;
    if (error !== undefined && !takenBack) this.#events.error(error, { server: job.server, job });
    publishOver(gearmanChannels.job, job, error);
  }

  #ended(): void {
    this.#size--;
    this.#events.ended();
  }

  #watch(): void {
    const { cancelCheck, link } = this.#settings;
    if (cancelCheck === 0 || this.#cancelCheck !== undefined) return;
    this.#cancelCheck = link.clock.after(cancelCheck, () => {
      this.#cancelCheck = undefined;
      this.#events.check();
      if (this.#size > 0) this.#watch();
    });
  }
}

/** What cannot be sent any more is dropped with its connection. */
async function sendOn({ link }: WorkerLink, message: PacketFields): Promise<void> {
  if (!link.up) return;
  try {
    await link.send(message);
  } catch (error) {
    if (!(error instanceof ConnectionLostError || error instanceof QueueFullError)) throw error;
  }
}

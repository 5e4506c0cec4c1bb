import { Packet, PacketType, TextLine } from '@wirewright/codec-gearman';

import {
  JobExceptionError,
  JobFailedError,
  JobLostError,
  type JobSeen,
  ServerRefusedError,
  UnexpectedAnswerError,
} from '../errors.ts';
import { answer } from '../link/answers.ts';
import type { LinkSettings } from '../link/link-options.ts';
import { ServerLink } from '../link/server-link.ts';
import type { ReadyPlace } from '../places.ts';
import { registerOptions } from './register-options.ts';
import { submitPacket } from './submit-packet.ts';
import type { AnyTask } from './task.ts';

/** What a link of a client tells. None of it throws. */
export interface ClientLinkEvents {
  /** The job of a task came to nothing here. */
  setback(task: AnyTask, error: Error): void;
  /** A packet came of a job that nobody here waits for. */
  stray(): void;
  /** Somebody reads a task too slowly. */
  overflown(task: AnyTask): void;
}

/** The tasks of one handle. Each packet comes once for each of them, one after the other. */
interface SharedJob {
  readonly tasks: AnyTask[];
  /** Whose packet comes next. */
  turn: number;
}

/** A server as a client has it: whose jobs are there, and what comes of them. */
export class ClientLink {
  readonly link: ServerLink;
  readonly #events: ClientLinkEvents;
  readonly #jobs = new Map<string, SharedJob>();
  /** Options that were asked for, and are again on each connection. */
  readonly #options: ReadonlySet<string>;
  /** Jobs that the server has not answered for. */
  #submitting = 0;
  #onIdle: (() => void) | undefined = undefined;

  constructor(place: ReadyPlace, settings: LinkSettings, options: ReadonlySet<string>, events: ClientLinkEvents) {
    this.#events = events;
    this.#options = options;
    this.link = new ServerLink(place, settings, {
      connected: () => registerOptions(this.link, this.#options),
      lost: (error) => this.#lost(error),
      failed: () => {},
      isPush: (packet) => isNews(packet.type) || (packet.type === PacketType.Error && this.link.quiet),
      push: (packet) => this.#push(packet),
    });
  }

  /** Calls `done` when all is over that the server was given; once. */
  whenIdle(done: () => void): void {
    this.#onIdle = done;
    this.#settled();
  }

  /**
   * Submits the job of a task. Resolves when the server has it.
   *
   * @throws {ServerRefusedError} (rejects) the server did not take it
   * @throws {ConnectionLostError} (rejects) the connection was lost first; `sent` says whether the server may have it
   */
  async submit(task: AnyTask): Promise<void> {
    const { submission } = task;
    if (submission === undefined) return;
    task.attempts++;
    this.#submitting++;
    const { name } = this.link;
    try {
      await this.link.ask(submitPacket(submission), (frame) => {
        // What comes of it may be in the very next packet: it has to be known by then.
        const handle = answer(name, frame, PacketType.JobCreated).latin1(0);
        task.server = name;
        task.accepted(handle);
        if (submission.background) task.complete(handle);
        else this.#join(handle, task);
        return true;
      });
    } finally {
      this.#submitting--;
      this.#settled();
    }
  }

  /**
   * Cancels a job by its handle. Returns whether the server had it.
   *
   * @throws {ServerRefusedError} (rejects) it cannot
   */
  async cancel(handle: string): Promise<boolean> {
    return this.link.ask(`cancel job ${handle}\r\n`, (frame) => {
      if (!(frame instanceof TextLine)) throw new UnexpectedAnswerError('a line', frame.name);
      if (frame.latin1.startsWith('OK')) return true;
      const [, code = frame.text, text = ''] = /^ERR (\S+) ?(.*)$/.exec(frame.text) ?? [];
      if (code === 'UNKNOWN_JOB') return false;
      throw new ServerRefusedError(this.link.name, code, text);
    });
  }

  /**
   * Whether the server has a worker for a function.
   *
   * @throws {ServerRefusedError} (rejects) the server does not tell
   */
  async hasWorker(name: string): Promise<boolean> {
    let found = false;
    const wanted = Buffer.from(name).toString('latin1');
    await this.link.ask('status\n', (frame) => {
      // An error, or no line at all: what is said of another packet says it.
      if (!(frame instanceof TextLine)) return answer(this.link.name, frame);
      const line = frame.latin1;
      if (line === '.') return true;
      const [of, , , workers] = line.split('\t');
      if (of === wanted && Number(workers) > 0) found = true;
      return undefined;
    });
    return found;
  }

  #join(handle: string, task: AnyTask): void {
    const job = this.#jobs.get(handle);
    if (job === undefined) this.#jobs.set(handle, { tasks: [task], turn: 0 });
    else job.tasks.push(task);
  }

  #push(packet: Packet): void {
    if (!isNews(packet.type) || packet.type === PacketType.Noop) return;
    const handle = packet.latin1(0);
    const job = this.#jobs.get(handle);
    if (job === undefined) {
      this.#events.stray();
      return;
    }
    const { tasks } = job;
    switch (packet.type) {
      case PacketType.WorkData:
        this.#tell(job, { type: 'data', data: packet.bytes(1) });
        return;
      case PacketType.WorkWarning:
        this.#tell(job, { type: 'warning', data: packet.bytes(1) });
        return;
      case PacketType.WorkStatus:
        this.#tell(job, { type: 'status', numerator: Number(packet.latin1(1)), denominator: Number(packet.latin1(2)) });
        return;
      default:
        // The first of them ends all: those that follow are for nobody.
        this.#jobs.delete(handle);
        for (const task of tasks) this.#settle(task, packet, handle);
        this.#settled();
    }
  }

  #tell(job: SharedJob, event: Parameters<AnyTask['tell']>[0]): void {
    const task = job.tasks[job.turn % job.tasks.length]!;
    job.turn = (job.turn + 1) % job.tasks.length;
    if (task.tell(event)) this.#events.overflown(task);
  }

  #settle(task: AnyTask, packet: Packet, handle: string): void {
    if (task.over) return;
    if (packet.type === PacketType.WorkComplete) {
      task.complete(packet.bytes(1));
      return;
    }
    const seen = this.#seen(task, handle);
    const failed = packet.type === PacketType.WorkFail;
    this.#events.setback(task, failed ? new JobFailedError(seen) : new JobExceptionError(seen, packet.bytes(1)));
  }

  #lost(error: Error): void {
    const jobs = [...this.#jobs];
    this.#jobs.clear();
    for (const [handle, { tasks }] of jobs) {
      for (const task of tasks) {
        if (!task.over) this.#events.setback(task, new JobLostError(this.#seen(task, handle), error));
      }
    }
    this.#settled();
  }

  #settled(): void {
    if (this.#jobs.size + this.#submitting > 0) return;
    this.#onIdle?.();
    this.#onIdle = undefined;
  }

  #seen(task: AnyTask, handle: string): JobSeen {
    return { function: task.function, handle, server: this.link.name };
  }
}

/** Whether a packet tells of a job, or that there is one: it answers nothing. */
function isNews(type: number): boolean {
  switch (type) {
    case PacketType.WorkComplete:
    case PacketType.WorkData:
    case PacketType.WorkStatus:
    case PacketType.WorkWarning:
    case PacketType.WorkFail:
    case PacketType.WorkException:
    case PacketType.Noop:
      return true;
    default:
      return false;
  }
}

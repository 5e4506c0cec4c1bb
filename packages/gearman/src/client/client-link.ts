import { Buffer } from 'node:buffer';

import { packet, type Packet, PacketType, TextLine } from '@wirewright/codec-gearman';
import { type ReadyPlace } from '@wirewright/core';

import { AdminError } from '../admin/errors.ts';
import { JobExceptionError, JobFailedError, JobLostError, type JobSeen } from '../errors.ts';
import { answer } from '../link/answers.ts';
import { ServerLink } from '../link/server-link.ts';
import { wireHandle } from '../names.ts';
import { unexpectedAnswer } from '../unexpected-answer.ts';
import type { ClientSettings } from './client-options.ts';
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
  /** Whether something was heard of it since it was looked at last. */
  heard: boolean;
}

/** A server as a client has it: whose jobs are there, and what comes of them. */
export class ClientLink {
  readonly link: ServerLink;
  readonly #events: ClientLinkEvents;
  readonly #settings: Pick<ClientSettings, 'link' | 'lostCheck'>;
  /** Ends the time until jobs are asked for of which nothing is heard. */
  #cancelCheck: (() => void) | undefined = undefined;
  readonly #jobs = new Map<string, SharedJob>();
  /** Options that were asked for, and are again on each connection. */
  readonly #options: ReadonlySet<string>;
  /** Jobs that the server has not answered for. */
  #submitting = 0;
  #onIdle: (() => void) | undefined = undefined;

  constructor(
    place: ReadyPlace,
    settings: Pick<ClientSettings, 'link' | 'lostCheck'>,
    options: ReadonlySet<string>,
    events: ClientLinkEvents,
  ) {
    this.#settings = settings;
    this.#events = events;
    this.#options = options;
    this.link = new ServerLink(place, settings.link, {
      connected: () => registerOptions(this.link, this.#options),
      lost: (error) => this.#lost(error),
      isPush: ({ type }) => isNews(type) || (type === PacketType.Error && this.link.quiet),
      push: (pushed) => this.#push(pushed),
    });
  }

  /** Calls `done` when all tasks are over that the server was given; once. */
  whenIdle(done: () => void): void {
    this.#onIdle = done;
    this.#settled();
  }

  /** A task is over, which may be because of its own time or signal: its job may never be. */
  taskOver(): void {
    this.#settled();
  }

  /**
   * Submits the job of a task. Resolves when the server has it.
   *
   * @throws {CommandError} (rejects) the server did not take it
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
   * @throws {AdminError} (rejects) it cannot
   */
  async cancel(handle: string): Promise<boolean> {
    return this.link.ask(Buffer.from(`cancel job ${handle}\r\n`, 'latin1'), (frame) => {
      if (!(frame instanceof TextLine)) throw unexpectedAnswer('a line', frame.name);
      if (frame.latin1.startsWith('OK')) return true;
      const error = new AdminError('cancel job', frame.text.slice(4));
      if (error.answer === 'UNKNOWN_JOB') return false;
      throw error;
    });
  }

  /**
   * Whether the server has a worker for a function.
   *
   * @throws {CommandError} (rejects) the server does not tell
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
    this.#checkLater();
    if (job === undefined) this.#jobs.set(handle, { tasks: [task], turn: 0, heard: true });
    else job.tasks.push(task);
  }

  #push(news: Packet): void {
    if (!isNews(news.type) || news.type === PacketType.Noop) return;
    const handle = news.latin1(0);
    const job = this.#jobs.get(handle);
    if (job === undefined) {
      this.#events.stray();
      return;
    }
    const { tasks } = job;
    job.heard = true;
    switch (news.type) {
      case PacketType.WorkData:
        this.#tell(job, { type: 'data', data: news.bytes(1) });
        return;
      case PacketType.WorkWarning:
        this.#tell(job, { type: 'warning', data: news.bytes(1) });
        return;
      case PacketType.WorkStatus:
        this.#tell(job, { type: 'status', numerator: Number(news.latin1(1)), denominator: Number(news.latin1(2)) });
        return;
      default:
        // The first of them ends all: those that follow are for nobody.
        this.#jobs.delete(handle);
        for (const task of tasks) this.#settle(task, news, handle);
        // What was in a Map may be kept long after it is gone from there.
        tasks.length = 0;
        this.#settled();
    }
  }

  #tell(job: SharedJob, event: Parameters<AnyTask['tell']>[0]): void {
    const task = job.tasks[job.turn % job.tasks.length]!;
    job.turn = (job.turn + 1) % job.tasks.length;
    if (task.tell(event)) this.#events.overflown(task);
  }

  #settle(task: AnyTask, last: Packet, handle: string): void {
    if (task.over) return;
    if (last.type === PacketType.WorkComplete) {
      task.complete(last.bytes(1));
      return;
    }
    const seen = this.#seen(task, handle);
    const failed = last.type === PacketType.WorkFail;
    this.#events.setback(task, failed ? new JobFailedError(seen) : new JobExceptionError(seen, last.bytes(1)));
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

  #checkLater(): void {
    const { lostCheck, link } = this.#settings;
    if (lostCheck === 0 || this.#cancelCheck !== undefined) return;
    this.#cancelCheck = link.clock.after(lostCheck, () => {
      this.#cancelCheck = undefined;
      for (const [handle, job] of this.#jobs) {
        if (!job.heard) this.#check(handle, job).catch(() => {});
        job.heard = false;
      }
      if (this.#jobs.size > 0) this.#checkLater();
    });
  }

  /** What comes of a job is on the way before it is answered that there is none any more. */
  async #check(handle: string, job: SharedJob): Promise<void> {
    const { name } = this.link;
    const known = await this.link.ask(packet(PacketType.GetStatus, wireHandle(handle)), (frame) =>
      answer(name, frame, PacketType.StatusRes).latin1(1),
    );
    if (known === '1' || this.#jobs.get(handle) !== job) return;
    this.#jobs.delete(handle);
    const error = new Error('it does not know the job any more');
    for (const task of job.tasks) {
      if (!task.over) this.#events.setback(task, new JobLostError(this.#seen(task, handle), error));
    }
    this.#settled();
  }

  #settled(): void {
    if (this.#onIdle === undefined || this.#submitting > 0) return;
    for (const { tasks } of this.#jobs.values()) if (tasks.some((task) => !task.over)) return;
    this.#onIdle();
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

import { packet, type Packet, type PacketFields, PacketType, TextLine } from '@wirewright/codec-gearman';
import {
  AbortWatch,
  ClosedError,
  closedTogether,
  type CloseOptions,
  type CloseResult,
  type Grace,
  graceOf,
  InvalidOptionError,
  QueueFullError,
  type ServerPlace,
  type ServerStatus,
  waitFor,
} from '@wirewright/core';

import { gearmanChannels, publishOver } from '../channels.ts';
import { JobFailedError, TaskOverflowError, TaskTimeoutError } from '../errors.ts';
import { answer } from '../link/answers.ts';
import { Fleet } from '../link/fleet.ts';
import type { Incoming } from '../link/server-link.ts';
import { checkName, checkUnique, wireHandle } from '../names.ts';
import { ClientLink } from './client-link.ts';
import { type ClientSettings, clientSettings, type GearmanClientOptions } from './client-options.ts';
import { Dispatcher } from './dispatcher.ts';
import type { JobStatus } from './job-status.ts';
import { type AskOptions, Questions } from './questions.ts';
import { requestOption } from './register-options.ts';
import { readSubmission, type SubmitOptions } from './submit-options.ts';
import { TaskList } from './task-list.ts';
import { type AnyTask, KEPT_UNREAD, Task } from './task.ts';

/** How a job is submitted that nobody waits for. */
export type BackgroundOptions = SubmitOptions &
  (
    | { readonly background: true }
    | { readonly at: NonNullable<SubmitOptions['at']> }
    | { readonly cron: NonNullable<SubmitOptions['cron']> }
  );

/** What a client has done so far. */
export interface ClientCounters {
  /** Tasks that were submitted; the sum of the others but for `retried` and `strays`, and those still under way. */
  submitted: number;
  /** Tasks that were over with a result; in the background, those that a server has taken. */
  completed: number;
  /** Of these jobs the worker said that they failed. */
  failed: number;
  /** What came to nothing for another reason: servers, deadlines, signals. */
  rejected: number;
  /** Jobs that were submitted again. */
  retried: number;
  /** Packets about jobs that nobody here waits for. */
  strays: number;
}

/**
 * A client of Gearman servers: gearmand, Perl's, and {@link JobServer}.
 *
 * ```ts
 * const client = new GearmanClient(['jobs1:4730', 'jobs2:4730']);
 * const reversed = await client.submit('reverse', 'hello');
 * ```
 *
 * It connects when it is first asked for something. A job goes to one server, and to the next when that cannot be reached.
 */
export class GearmanClient {
  readonly #settings: ClientSettings;
  readonly #fleet: Fleet<ClientLink>;
  readonly #dispatcher: Dispatcher;
  readonly #questions: Questions;
  readonly #options = new Set<string>();
  readonly #tasks = new TaskList();
  readonly #counters = { submitted: 0, completed: 0, failed: 0, rejected: 0, strays: 0 };
  #closing: Promise<CloseResult> | undefined = undefined;
  #closed = false;
  /** Called when no task is under way any more. */
  #onIdle: (() => void) | undefined = undefined;

  /** @throws {InvalidOptionError} a server is no place or there twice, or an option is unknown or out of range */
  constructor(servers: ServerPlace | readonly ServerPlace[], options: GearmanClientOptions = {}) {
    this.#settings = clientSettings(options);
    if (this.#settings.exceptions) this.#options.add('exceptions');
    const events = {
      setback: (task: AnyTask, error: Error) => this.#dispatcher.setback(task, error),
      stray: () => void this.#counters.strays++,
      overflown: (task: AnyTask) => task.fail(new TaskOverflowError(KEPT_UNREAD)),
    };
    this.#fleet = new Fleet(
      servers,
      options.tls,
      (place) => new ClientLink(place, this.#settings, this.#options, events),
    );
    this.#dispatcher = new Dispatcher(this.#fleet, this.#settings);
    this.#questions = new Questions(this.#fleet);
  }

  // ---------------------------------------------------------------- jobs

  /**
   * Submits a job, and returns a task that resolves with its result; in the background, with its handle. The payload must not be changed
   * until then.
   *
   * @throws {JobExceptionError} (rejects) the worker threw
   * @throws {JobFailedError} (rejects) the worker failed
   * @throws {NoServerError} (rejects) no server can be reached
   * @throws {JobLostError} (rejects) the connection to the server was lost while it had the job
   * @throws {CommandError} (rejects) the server did not take it
   * @throws {NoWorkerError} (rejects) no server has a worker for it, with `requireWorker`
   * @throws {TaskTimeoutError} (rejects) it was not over in time
   * @throws {InvalidNameError} (rejects) a name has a NUL, or is empty
   * @throws {InvalidOptionError} (rejects) an option is unknown, out of range, or goes not with another
   * @throws {QueueFullError} (rejects) too many tasks wait already
   * @throws {ClosedError} (rejects) the client is closed
   * @throws (rejects) the reason of `signal`
   */
  submit(name: string, payload: string | Uint8Array, options: BackgroundOptions): Task<string>;
  submit(name: string, payload?: string | Uint8Array, options?: SubmitOptions): Task;
  submit(name: string, payload: string | Uint8Array = '', options?: SubmitOptions): Task | Task<string> {
    const task: AnyTask = new Task<Buffer | string>(this.#owner, name);
    this.#counters.submitted++;
    this.#tasks.add(task);
    try {
      if (this.#closing !== undefined) throw new ClosedError('the client');
      if (this.#tasks.size > this.#settings.maxWaiting)
        throw new QueueFullError(this.#settings.maxWaiting, 'tasks wait for their results');
      task.submission = readSubmission(name, payload, options, this.#settings.usual);
      this.#limit(task);
      if (!task.over) this.#dispatcher.dispatch(task);
    } catch (error) {
      task.fail(error as Error);
    }
    return task as unknown as Task | Task<string>;
  }

  /**
   * How it stands with a job, by its task or handle. Handles are those of one server: without its name, all are asked, and the first that
   * knows one tells.
   *
   * @throws as {@link echo} does
   */
  async status(of: string | Pick<AnyTask, 'handle' | 'server'>, options: AskOptions = {}): Promise<JobStatus> {
    const handle = checkName('a handle', typeof of === 'string' ? of : (of.handle ?? ''));
    const server = options.server ?? (typeof of === 'string' ? undefined : of.server);
    return this.#questions.status(packet(PacketType.GetStatus, wireHandle(handle)), PacketType.StatusRes, {
      ...options,
      server,
    });
  }

  /**
   * How it stands with the job that has a unique, of whatever function. Perl's server does not tell.
   *
   * @throws as {@link echo} does
   */
  async statusOfUnique(unique: string | Uint8Array, options: AskOptions = {}): Promise<JobStatus> {
    return this.#questions.status(
      packet(PacketType.GetStatusUnique, checkUnique(unique)),
      PacketType.StatusResUnique,
      options,
    );
  }

  // ---------------------------------------------------------------- servers

  /**
   * Has a server send back what it gets.
   *
   * @throws {NoServerError} (rejects) it, or none, can be reached
   * @throws {CommandError} (rejects) it answered with an error
   * @throws {RequestTimeoutError} (rejects) it did not answer in time
   * @throws {ConnectionLostError} (rejects) the connection was lost first
   * @throws {InvalidOptionError} (rejects) there is no such server, or an option is out of range
   */
  async echo(data: string | Uint8Array, options: AskOptions = {}): Promise<Buffer> {
    const echo = packet(PacketType.EchoReq, data);
    return this.#questions.ask(echo, (frame, server) => answer(server, frame, PacketType.EchoRes).bytes(0), options);
  }

  /**
   * Asks all servers for an option, those that are not up as soon as they are, and again on each connection that follows. Resolves when those
   * that are up have agreed.
   *
   * @throws {CommandError} (rejects) one does not know it
   */
  async option(name: string): Promise<void> {
    checkName('the name of an option', name);
    this.#options.add(name);
    await Promise.all(this.#fleet.members.filter(({ link }) => link.up).map(({ link }) => requestOption(link, name)));
  }

  /**
   * Sends a packet as it is, and resolves with the one that answers it, an ERROR included.
   *
   * @throws as {@link echo} does
   */
  async request(message: PacketFields, options: AskOptions = {}): Promise<Packet> {
    const read = (frame: Incoming, server: string): Packet =>
      frame instanceof TextLine ? answer(server, frame) : frame;
    return this.#questions.ask(message, read, options);
  }

  /**
   * Sends a packet as it is, of a kind that is not answered.
   *
   * @throws as {@link echo} does
   */
  async send(message: PacketFields, options: Pick<AskOptions, 'server' | 'signal'> = {}): Promise<void> {
    const link = await this.#questions.server(options);
    await link.send(message);
  }

  /** The servers, in the order in which they were given or added, as they are at the moment. */
  get servers(): ServerStatus[] {
    return this.#fleet.status;
  }

  /** What it has done so far. */
  get counters(): Readonly<ClientCounters> {
    return { ...this.#counters, retried: this.#dispatcher.retried };
  }

  /** Tasks that are under way. */
  get pending(): number {
    return this.#tasks.size;
  }

  /** @throws {InvalidOptionError} it is no place, or there already */
  addServer(place: ServerPlace): void {
    this.#fleet.add(place);
  }

  /**
   * Submits nothing more to a server, and closes the connection when what it has is over, or the grace.
   *
   * @throws {InvalidOptionError} (rejects) it is none of the servers, or the last one
   */
  async removeServer(name: string, options: CloseOptions = {}): Promise<CloseResult> {
    const grace = graceOf(options);
    const member = this.#fleet.remove(name);
    const rest = await waitFor((done) => member.whenIdle(done), grace, this.#settings.link.clock);
    const closed = await member.link.close(rest);
    this.#fleet.left(member);
    return closed;
  }

  // ---------------------------------------------------------------- ending

  /**
   * Takes no more jobs, waits until those under way are over or the grace is, and closes. Tasks that are not over then reject with a
   * {@link ClosedError}. Resolves with counts of connections; a second call gets the same promise.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#questions.close();
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  /** Breaks off all connections; tasks under way reject with a {@link ClosedError}. */
  destroy(): void {
    this.#end();
    for (const { link } of this.#fleet.all) link.destroy();
    this.#closing ??= this.#closeLinks({});
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(grace: Grace): Promise<CloseResult> {
    const idle = (done: () => void): void => {
      if (this.#tasks.size === 0) done();
      else this.#onIdle = done;
    };
    const rest = await waitFor(idle, grace, this.#settings.link.clock);
    this.#end();
    return this.#closeLinks(rest);
  }

  async #closeLinks(options: CloseOptions): Promise<CloseResult> {
    return closedTogether(await Promise.all(this.#fleet.all.map(({ link }) => link.close(options))));
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#questions.close();
    this.#fleet.close();
    for (const task of this.#tasks.all()) task.fail(new ClosedError('the client', { sent: task.attempts > 0 }));
  }

  // ---------------------------------------------------------------- inside

  readonly #owner = {
    over: (task: AnyTask): void => {
      this.#tasks.delete(task);
      this.#dispatcher.forget(task);
      const { error } = task;
      if (error === undefined) this.#counters.completed++;
      else if (error instanceof JobFailedError) this.#counters.failed++;
      else this.#counters.rejected++;
      publishOver(gearmanChannels.task, task, error);
      for (const member of this.#fleet.leaving) member.taskOver();
      if (this.#tasks.size === 0) this.#onIdle?.();
    },
    cancel: async (task: AnyTask): Promise<boolean> => {
      const { handle, server } = task;
      if (handle === undefined) throw new InvalidOptionError('no server has the job yet: await task.created first');
      const member = this.#fleet.get(server!);
      // Before it is known: the job may fail in front of the answer.
      task.cancelled = true;
      try {
        task.cancelled = await member.cancel(handle);
      } catch (error) {
        task.cancelled = false;
        throw error;
      }
      return task.cancelled;
    },
  };

  /** Has a task fail when its time is over, or its signal is aborted. */
  #limit(task: AnyTask): void {
    const { signal, timeout } = task.submission!;
    if (signal === undefined && timeout === 0) return;
    signal?.throwIfAborted();
    const cancel =
      timeout === 0
        ? undefined
        : this.#settings.link.clock.after(
            timeout,
            () => task.fail(new TaskTimeoutError(task.function, timeout, task.attempts > 0)),
            true,
          );
    if (signal === undefined) {
      task.release = cancel;
      return;
    }
    const watch = AbortWatch.of(signal);
    const watcher = { aborted: (reason: unknown) => task.fail(reason as Error) };
    watch.add(watcher);
    task.release = () => {
      cancel?.();
      watch.delete(watcher);
    };
  }
}

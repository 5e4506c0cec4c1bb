import type { Packet } from '@wirewright/codec-gearman';
import {
  callUnheard,
  ClosedError,
  closedTogether,
  type CloseResult,
  declared,
  InvalidOptionError,
  onStopSignals,
  type ServerPlace,
  type ServerStatus,
  waitFor,
} from '@wirewright/core';

import { Fleet } from '../link/fleet.ts';
import { type WorkerCloseOptions, type WorkerGrace, workerGrace } from './close-options.ts';
import { RunningJobs, type WorkerCounters, type WorkerErrorSeen } from './running-jobs.ts';
import { WorkerLink } from './worker-link.ts';
import {
  type Ability,
  type HandlerOptions,
  type JobHandler,
  type JobMiddleware,
  readAbility,
  type WorkerOptions,
  type WorkerSettings,
  workerSettings,
} from './worker-options.ts';

/**
 * A worker of Gearman servers: gearmand, Perl's, and {@link JobServer}; of several at once.
 *
 * ```ts
 * const worker = new Worker(['jobs1:4730', 'jobs2:4730'], { concurrency: 4 })
 *   .handle('reverse', (job) => job.payload.reverse())
 *   .closeOnSignals();
 * ```
 *
 * It connects with its first function. A server that cannot be reached is tried again and again, and told everything anew when it comes back.
 */
export class Worker {
  readonly #settings: WorkerSettings;
  readonly #fleet: Fleet<WorkerLink>;
  readonly #abilities = new Map<string, Ability>();
  /** Functions that no server is told of any more, while jobs of them may still come. */
  readonly #departing = new Map<string, Ability>();
  readonly #jobs: RunningJobs;
  /** Whose turn it is to be asked for a job. */
  #turn = 0;
  #closing: Promise<CloseResult> | undefined = undefined;
  #onError: ((error: Error, seen: WorkerErrorSeen) => unknown) | undefined = undefined;
  #removeSignals: (() => void) | undefined = undefined;
  /** Those who wait until a server has this worker. */
  #waiting: (() => void)[] = [];

  /** @throws {InvalidOptionError} a server is no place or there twice, or an option is unknown or out of range */
  constructor(servers: ServerPlace | readonly ServerPlace[], options: WorkerOptions = {}) {
    this.#settings = workerSettings(options);
    const { clientId, link } = this.#settings;
    this.#jobs = new RunningJobs(this.#settings, {
      ability: (name) => this.#abilities.get(name) ?? this.#departing.get(name),
      ended: () => this.#changed(),
      error: (error, seen) => this.#tell(error, seen),
      check: () => {
        for (const member of this.#fleet.all) member.checkJobs();
      },
    });
    const events = {
      clientId,
      abilities: this.#abilities,
      changed: () => this.#changed(),
      assigned: (from: WorkerLink, assigned: Packet) => this.#jobs.begin(from, assigned),
      error: (error: Error, server: string) => this.#tell(error, { server, job: undefined }),
    };
    this.#fleet = new Fleet(servers, options.tls, (place) => new WorkerLink(place, link, events));
  }

  // ---------------------------------------------------------------- functions

  /**
   * Does the jobs of a function, from now on. To do them otherwise, {@link remove} it first; that need not be over.
   *
   * @throws {InvalidNameError} the name is empty, or has a NUL
   * @throws {InvalidOptionError} the function has a handler already, `handler` is no function, or an option is unknown or out of range
   * @throws {ClosedError} the worker is closed
   */
  handle(name: string, handler: JobHandler, options: HandlerOptions = {}): this {
    if (this.#closing !== undefined) throw new ClosedError('the worker');
    const ability = readAbility(name, handler, options);
    if (this.#abilities.has(name)) throw new InvalidOptionError(`${name} has a handler already: remove() it first`);
    const first = this.#abilities.size === 0;
    this.#abilities.set(name, ability);
    for (const member of this.#fleet.members) {
      if (first) member.link.start();
      member.announce(ability);
    }
    this.#changed();
    return this;
  }

  /** Does a function no more. Resolves when the jobs of it that run are over, and servers know. */
  async remove(name: string): Promise<void> {
    const ability = this.#abilities.get(name);
    if (ability === undefined) return;
    this.#abilities.delete(name);
    this.#departing.set(name, ability);
    await Promise.all(this.#fleet.all.map((member) => member.withdraw(name)));
    if (this.#departing.get(name) === ability) this.#departing.delete(name);
  }

  /** Does something around every handler, inside of what was given before. What `middleware` returns is the result. */
  use(middleware: JobMiddleware): this {
    if (typeof middleware !== 'function') throw new InvalidOptionError('use() takes a function: (job, next) => next()');
    this.#jobs.use(middleware);
    return this;
  }

  /**
   * Something failed that nobody waits for: a handler threw, a result could not be told to anybody, a server sent an error. Without a hook it is
   * a process warning; so is what `hook` throws.
   */
  onError(hook: (error: Error, seen: WorkerErrorSeen) => unknown): this {
    this.#onError = declared('onError', this.#onError, hook);
    return this;
  }

  // ---------------------------------------------------------------- looking

  /**
   * Resolves when at least one server has this worker, which may be now.
   *
   * @throws {ClosedError} (rejects) the worker is closed
   * @throws (rejects) the reason of `signal`
   */
  async ready({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closing !== undefined) throw new ClosedError('the worker');
      if (this.#fleet.members.some(({ link }) => link.up)) return;
      // oxlint-disable-next-line no-await-in-loop -- until one is up
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal?.removeEventListener('abort', done);
          resolve();
        };
        this.#waiting.push(done);
        signal?.addEventListener('abort', done);
      });
    }
  }

  /** Handlers that run: also those whose job is over, and that have not heeded its signal yet. */
  get running(): number {
    return this.#jobs.size;
  }

  /** The functions that it does. */
  get functions(): string[] {
    return [...this.#abilities.keys()];
  }

  /** The servers, in the order in which they were given or added, as they are at the moment. */
  get servers(): ServerStatus[] {
    return this.#fleet.status;
  }

  /** What it has done so far. */
  get counters(): Readonly<WorkerCounters> {
    return this.#jobs.counters;
  }

  // ---------------------------------------------------------------- servers

  /** @throws {InvalidOptionError} it is no place, or there already */
  addServer(place: ServerPlace): void {
    const { link } = this.#fleet.add(place);
    if (this.#abilities.size > 0) link.start();
  }

  /**
   * Takes no more jobs of a server, and leaves it when those that run are over, or the grace.
   *
   * @throws {InvalidOptionError} (rejects) it is none of the servers, or the last one
   */
  async removeServer(name: string, options: WorkerCloseOptions = {}): Promise<CloseResult> {
    const grace = workerGrace(options);
    const member = this.#fleet.remove(name);
    const closed = await this.#leave(member, grace);
    this.#fleet.left(member);
    return closed;
  }

  // ---------------------------------------------------------------- ending

  /**
   * Takes no more jobs, finishes those that run, and leaves. What is not over when the grace is, servers get back, and give to others. Resolves
   * with counts of connections; a second call gets the same promise.
   *
   * @throws {InvalidOptionError} an option is unknown or out of range
   */
  close(options: WorkerCloseOptions = {}): Promise<CloseResult> {
    const grace = workerGrace(options);
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  /** Leaves at once. Servers give what runs to others. */
  destroy(): void {
    this.#end();
    const links = this.#fleet.all.map((member) => giveBack(member));
    this.#closing ??= Promise.all(links).then(closedTogether);
  }

  /**
   * Closes the worker on the first of `signals`, and destroys it on the second.
   *
   * @throws {InvalidOptionError} an option is out of range
   */
  closeOnSignals(signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'], options: WorkerCloseOptions = {}): this {
    workerGrace(options);
    this.#removeSignals?.();
    this.#removeSignals = onStopSignals(
      signals,
      () => (this.#closing === undefined ? this.close(options) : this.destroy()),
      () => this.destroy(),
    );
    return this;
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(grace: WorkerGrace): Promise<CloseResult> {
    this.#fleet.close();
    const closed = await Promise.all(this.#fleet.all.map((member) => this.#leave(member, grace)));
    this.#end();
    return closedTogether(closed);
  }

  async #leave(member: WorkerLink, { drain, grace }: WorkerGrace): Promise<CloseResult> {
    const retired = (done: () => void): void => {
      member.retire(done);
      if (!drain) done();
    };
    const rest = await waitFor(retired, grace, this.#settings.link.clock);
    member.stop();
    if (member.jobs.size > 0) void giveBack(member);
    return member.link.close(rest);
  }

  #end(): void {
    this.#fleet.close();
    this.#removeSignals?.();
    this.#jobs.stop();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  // ---------------------------------------------------------------- inside

  /** Something has changed: asks for as many jobs as there is room for, each server in its turn. */
  #changed(): void {
    const { members } = this.#fleet;
    let free = this.#settings.concurrency - this.#jobs.size;
    for (const { grabs } of this.#fleet.all) free -= grabs;
    for (let skipped = 0; free > 0 && skipped < members.length;) {
      const member = members[this.#turn++ % members.length]!;
      if (member.mayGrab) {
        member.grab();
        free--;
        skipped = 0;
      } else skipped++;
    }
    for (const member of members) member.rest();
    if (this.#waiting.length > 0 && members.some(({ link }) => link.up))
      for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #tell(error: Error, seen: WorkerErrorSeen): void {
    const hook = this.#onError;
    if (hook === undefined) process.emitWarning(error);
    else callUnheard('onError', () => hook(error, seen));
  }
}

/** The server gets back what runs. */
function giveBack(member: WorkerLink): Promise<CloseResult> {
  member.stop();
  member.link.destroy();
  for (const job of member.jobs.values()) job.abandon(new ClosedError('the worker'));
  return member.link.close();
}

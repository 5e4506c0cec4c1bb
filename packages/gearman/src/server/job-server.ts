import type { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';

import { type GearmanOutput, gearmanServer, Packet, type RefusedFrame, TextLine } from '@wirewright/codec-gearman';
import {
  callUnheard,
  type CloseOptions,
  type CloseResult,
  type Connection,
  declared,
  type EntranceOptions,
  type Grace,
  graceOf,
  InvalidOptionError,
  type ListenOptions,
  Server,
  waitFor,
} from '@wirewright/core';

import type { StoreDamage } from '../store/job-store.ts';
import { USUAL_PORT } from '../usual-port.ts';
import { AdminReports } from './admin-reports.ts';
import { AdminService } from './admin-service.ts';
import type { StoreFailedError } from './errors.ts';
import { type FunctionStatus, functionStatus } from './function-status.ts';
import { Functions } from './functions.ts';
import { JobBoard } from './job-board.ts';
import {
  type JobServerInput,
  type JobServerOptions,
  type JobServerSettings,
  jobServerSettings,
  serverOptions,
} from './options.ts';
import { PacketService } from './packet-service.ts';
import { Peer } from './peer.ts';
import { Probe } from './probe.ts';
import { ServerError } from './server-errors.ts';
import { StoreSession } from './store-session.ts';

/** Names a job by its handle, or by its function and unique; a function alone names all its jobs. */
export type JobChoice =
  | { readonly handle: string }
  | { readonly function: string; readonly unique: string }
  | { readonly function: string };

/**
 * A Gearman job server: clients and workers of gearmand do not notice the difference.
 *
 * ```ts
 * const server = new JobServer({ functions: { mail: { timeout: 30_000, retries: 3 } } });
 * await server.listen(); // port 4730
 * ```
 *
 * A {@link Server} with a codec and an `onRead` of its own; the other hooks, limits and counters are there to be used.
 */
export class JobServer<Data = unknown> extends Server<JobServerInput, GearmanOutput, Data> {
  readonly #settings: JobServerSettings;
  readonly #board: JobBoard;
  readonly #packets: PacketService;
  readonly #admin: AdminService;
  readonly #peers = new Map<Connection<JobServerInput, GearmanOutput, Data>, Peer>();
  readonly #probe: Probe | undefined;
  readonly #started: number;
  readonly #store: StoreSession;
  #ending: Promise<CloseResult> | undefined = undefined;
  #onShutdown: ((graceful: boolean) => unknown) | undefined = undefined;
  #onStoreTrouble: ((error: Error) => unknown) | undefined = undefined;

  /** @throws {InvalidOptionError} an option is unknown or out of range */
  constructor(options: JobServerOptions<Data> = {}) {
    const settings = jobServerSettings(options);
    const codec = gearmanServer({ maxFrameLength: settings.maxFrameLength });
    super({ ...serverOptions(options), codec });
    this.#settings = settings;
    this.#board = new JobBoard(new Functions(settings.policies, settings.usual, settings.maxFunctions), settings.board);
    this.#packets = new PacketService(this.#board, settings.service);
    this.#store = new StoreSession(settings.store, this.#board, {
      lost: () => this.destroy(),
      trouble: (error) => this.#tellStoreTrouble(error),
    });
    const { probeInterval, board } = settings;
    if (probeInterval > 0) this.#probe = new Probe(board.clock, probeInterval, () => this.#peers.values());
    this.#started = this.#board.now();
    const reports = new AdminReports(
      this.#board,
      () => this.#peers.values(),
      () => this.#summary(),
    );
    this.#admin = new AdminService(this.#board, reports, {
      shutdown: settings.allowShutdown ? (graceful) => this.#shutdown(graceful) : undefined,
      version: settings.version,
      verbosity: () => this.verbosity,
    });
    super.onRead((connection, message) => this.#read(connection, message));
  }

  /** What administrators are told that is logged: a word of gearmand's `--verbose`. */
  verbosity = 'ERROR';

  /** How it stands with each function. */
  get functions(): FunctionStatus[] {
    const now = this.#board.now();
    return [...this.#board.functions].map((of) => functionStatus(of, now));
  }

  /** Jobs that are not over: all of them, those that run, and those that wait for their time. */
  get jobs(): { readonly total: number; readonly running: number; readonly waiting: number } {
    const { jobs, running, waiting } = this.#board;
    return { total: jobs.size, running, waiting };
  }

  /** What was found to be wrong with the store when it was opened. */
  get damage(): StoreDamage | undefined {
    return this.#store.damage;
  }

  /**
   * Cancels jobs: by handle, by function and unique, or all of a function. Their clients are told that they failed, a worker that is at one is
   * not asked any more for its result. Returns how many there were.
   */
  cancel(choice: JobChoice): number {
    if ('handle' in choice) {
      const job = this.#board.jobs.find(choice.handle);
      return job !== undefined && this.#board.cancel(job) ? 1 : 0;
    }
    const of = this.#board.functions.get(Buffer.from(choice.function).toString('latin1'));
    if (of === undefined) return 0;
    if (!('unique' in choice)) {
      const { jobs } = of;
      this.#board.cancelAll(of);
      return jobs;
    }
    const job = of.keyed.get(Buffer.from(choice.unique).toString('latin1'));
    return job !== undefined && this.#board.cancel(job) ? 1 : 0;
  }

  /** An administrator has sent `shutdown`, or `shutdown graceful`, and may. Without a hook, the server closes, or drains. */
  onShutdown(hook: (graceful: boolean) => unknown): this {
    this.#onShutdown = declared('onShutdown', this.#onShutdown, hook);
    return this;
  }

  /**
   * The store could not keep something, or is lost; then the server destroys itself first, as another may have its jobs. Without a hook, it is a
   * process warning.
   */
  onStoreTrouble(hook: (error: Error) => unknown): this {
    this.#onStoreTrouble = declared('onStoreTrouble', this.#onStoreTrouble, hook);
    return this;
  }

  /**
   * Opens the store and takes in the jobs that it has kept; {@link listen} does so first. Of a store that servers share, it waits until there
   * is a lease to be had, or `signal` is aborted.
   */
  open(signal?: AbortSignal): Promise<void> {
    return this.#store.open(signal);
  }

  protected override get usualPort(): number {
    return USUAL_PORT;
  }

  /** Listens on port 4730 unless `place` says otherwise, once the store is open; see {@link Server.listen}. */
  override async listen(place: string | ListenOptions = {}): Promise<this> {
    await this.open();
    await super.listen(place);
    this.#probe?.start();
    return this;
  }

  /** @throws {InvalidOptionError} there is a store, and it was not opened yet: `await server.open()` first */
  override serve(listener: NetServer, options: EntranceOptions = {}): this {
    this.#mustBeOpen();
    super.serve(listener, options);
    this.#probe?.start();
    return this;
  }

  /**
   * Serves a stream of bytes that exists; see {@link Server.attach}.
   *
   * @throws {InvalidOptionError} there is a store, and it was not opened yet: `await server.open()` first
   */
  override attach(stream: Duplex): Connection<JobServerInput, GearmanOutput, Data> {
    this.#mustBeOpen();
    const connection = super.attach(stream);
    this.#probe?.start();
    return connection;
  }

  /** What is acknowledged before the store is there would be lost. */
  #mustBeOpen(): void {
    if (!this.#store.ready)
      throw new InvalidOptionError('a job server with a store is opened before it serves: await server.open()');
  }

  /**
   * Stops listening, and closes when no job is left; connections that there are can do all that they could. Jobs that a store keeps, and that
   * wait for their time, are left to it; those that come again by a schedule count for none.
   */
  async drain(options: CloseOptions = {}): Promise<CloseResult> {
    graceOf(options);
    await this.stopListening();
    await Promise.race([this.#board.when(() => this.#isDrained()), super.closed]);
    return this.close(options);
  }

  /**
   * Stops listening and begins no job any more. Clients whose jobs were not begun are told at once that they failed; workers have the grace to
   * finish, then the clients of those that did not are told the same. Background jobs that a store keeps are done after the next start.
   */
  override close(options: CloseOptions = {}): Promise<CloseResult> {
    graceOf(options);
    this.#ending ??= this.#close(options);
    return this.#ending;
  }

  override destroy(): void {
    this.#halt();
    super.destroy();
    // When the last connection is gone: its jobs are noted as lost.
    void super.closed.then(() => this.#store.close());
  }

  /** Resolves with the counts when the server has closed, whoever closed it, and its store with it. */
  override get closed(): Promise<CloseResult> {
    return super.closed.then(async (result) => {
      await this.#store.close();
      return result;
    });
  }

  protected override connectionOpened(connection: Connection<JobServerInput, GearmanOutput, Data>): void {
    this.#peers.set(connection, new Peer(connection));
  }

  protected override connectionClosed(connection: Connection<JobServerInput, GearmanOutput, Data>): void {
    const peer = this.#peers.get(connection)!;
    this.#peers.delete(connection);
    this.#board.leave(peer);
  }

  #read(connection: Connection<JobServerInput, GearmanOutput, Data>, message: JobServerInput): unknown {
    const peer = this.#peers.get(connection)!;
    if (message instanceof Packet) return this.#packets.handle(peer, message);
    if (message instanceof TextLine) return peer.send(Buffer.from(this.#admin.answer(message), 'latin1'));
    return this.#refuse(peer, message);
  }

  #refuse(peer: Peer, { reason, fatal }: RefusedFrame): void {
    if (reason === 'line-too-long') peer.send('ERR LINE_TOO_LONG Line+is+too+long\r\n');
    else peer.send(reason === 'magic' ? ServerError.invalidMagic : ServerError.packetTooLarge);
    if (fatal) void peer.connection.close();
  }

  #summary(): Readonly<Record<string, unknown>> {
    const { version } = this.#settings;
    const uptime = Math.round((this.#board.now() - this.#started) / 1000);
    return { version, pid: process.pid, uptime, connections: this.connections.size, jobs: this.jobs };
  }

  #shutdown(graceful: boolean): unknown {
    const hook = this.#onShutdown;
    if (hook !== undefined) return callUnheard('onShutdown', () => hook(graceful));
    return graceful ? this.drain() : this.close();
  }

  #tellStoreTrouble(error: StoreFailedError): void {
    const hook = this.#onStoreTrouble;
    if (hook === undefined) process.emitWarning(error);
    else callUnheard('onStoreTrouble', () => hook(error));
  }

  // ---------------------------------------------------------------- the end

  #isDrained(): boolean {
    // It is asked at the end of every job: to look at all of those that wait is left until there are no others.
    if (this.#board.jobs.size > this.#board.waiting) return false;
    for (const job of this.#board.jobs) if (!job.mayBeLeft) return false;
    return true;
  }

  async #close(options: CloseOptions): Promise<CloseResult> {
    const grace = graceOf(options);
    await this.stopListening();
    this.#board.stop();
    const rest = await this.#finish(grace);
    this.#board.abandonAll();
    const result = await super.close(rest);
    this.#halt();
    await this.#store.close();
    return result;
  }

  /** Waits until no job runs, or the grace is over. */
  #finish(grace: Grace): Promise<CloseOptions> {
    const idle = this.#board.when(() => this.#board.running === 0);
    return waitFor((end) => void Promise.race([idle, super.closed]).then(end), grace, this.#settings.board.clock);
  }

  /** Ends all timers. */
  #halt(): void {
    this.#probe?.stop();
    this.#board.halt();
  }
}

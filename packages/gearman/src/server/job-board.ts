import { Buffer } from 'node:buffer';

import type { Clock } from '@wirewright/core';
import { type GearmanOutput, packet, PacketType } from '@wirewright/codec-gearman';

import type { StoredJob } from '../store/job-store.ts';
import { AlarmCall } from './alarm-call.ts';
import { pauseAfter } from '../job-backoff.ts';
import type { Setback } from './function-policy.ts';
import type { Functions } from './functions.ts';
import { Handles } from './handles.ts';
import { Job, JobState, type JobTraits, type Priority } from './job.ts';
import { type JobBody, JobBodies } from './job-bodies.ts';
import type { JobFunction } from './job-function.ts';
import { JobIndex } from './job-index.ts';
import { jobKey } from './job-key.ts';
import type { JobQueue } from './job-queue.ts';
import { JobRun } from './job-run.ts';
import type { JobKeeper } from './job-keeper.ts';
import type { Peer } from './peer.ts';
import { nextTime } from './schedule.ts';
import { WaitingJobs } from './waiting-jobs.ts';

const PRIORITIES = [0, 1, 2] as const;

/** From so many jobs in a queue on, those that come behind have no objects of their own before it is their turn. */
const LONG = 64;

const NUL = Buffer.alloc(1);
const NOOP = packet(PacketType.Noop);

export interface BoardSettings {
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  /** Of schedules, as in the tz database. */
  readonly zone: string | undefined;
  readonly handlePrefix: string;
  /** Workers that are woken for a job. */
  readonly wakeUp: number;
  readonly maxJobs: number;
  /** Bytes of all functions, uniques and payloads. */
  readonly maxJobBytes: number;
}

/** Why a job was not made. */
export type Refusal = 'full' | 'functions' | 'worker' | 'closing';

/** How a job came to its end. */
type Ending = 'completed' | 'failed' | 'cancelled';

/**
 * The jobs of a server, from when they are submitted until they are over: who does them, who waits for them, and when they are tried again.
 * Whatever happens, a job ends once, and each time that a client has submitted it is answered by one last packet.
 */
export class JobBoard {
  readonly functions: Functions;
  readonly bodies: JobBodies = new JobBodies();
  readonly #settings: BoardSettings;
  readonly #jobs: JobIndex;
  /** Jobs that were made under another prefix, or by another server, by handle. */
  readonly #foreign = new Map<string, Job>();
  readonly #handles: Handles;
  readonly #waiting: WaitingJobs;
  readonly #alarm: AlarmCall;
  #keeper: JobKeeper | undefined = undefined;
  #bytes = 0;
  #running = 0;
  #nextId = 1;
  #turn = 0;
  /** Whether nothing new is begun. */
  #closing = false;
  readonly #watchers = new Set<() => void>();

  constructor(functions: Functions, settings: BoardSettings) {
    this.functions = functions;
    this.#settings = settings;
    this.#handles = new Handles(settings.handlePrefix);
    this.#jobs = new JobIndex(this.#handles, (run, id) => this.#unfold(run, id));
    this.#waiting = new WaitingJobs(settings.clock, settings.wall, (job) => this.#comeDue(job));
    this.#alarm = new AlarmCall(settings.clock, settings.wakeUp, (peer) => peer.send(NOOP));
  }

  // ---------------------------------------------------------------- looking

  /** Every job that is not over, the oldest first, to be looked at only: it may be a copy. */
  get jobs(): IterableIterator<Job> {
    return this.#jobs[Symbol.iterator]();
  }

  get size(): number {
    return this.#jobs.size;
  }

  get running(): number {
    return this.#running;
  }

  /** Jobs that wait for their time. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Milliseconds of the server's clock. */
  now(): number {
    return this.#settings.clock.now();
  }

  find(handle: string): Job | undefined {
    const id = this.#handles.idOf(handle);
    const job = id < 0 ? undefined : this.#jobs.get(id);
    return job?.handle === handle ? job : this.#foreign.get(handle);
  }

  /** The first job with that unique, of any function. */
  findKeyed(key: string): Job | undefined {
    for (const { keyed } of this.functions) {
      const job = keyed.get(key);
      if (job !== undefined) return job;
    }
    return undefined;
  }

  // ---------------------------------------------------------------- clients

  /** Why a job of that kind cannot be made, if so. */
  refusal(of: JobFunction, { priority }: JobTraits): Refusal | undefined {
    const refusal = this.#whyNot(of, priority);
    if (refusal !== undefined) of.counters.refused++;
    return refusal;
  }

  /** Makes a job, which nobody is to do yet: see {@link begin} and {@link store}; undefined when no number is left for it. */
  make(of: JobFunction, key: string | undefined, body: JobBody, traits: JobTraits): Job | undefined {
    const id = this.#keeper === undefined ? this.#nextId++ : this.#keeper.takeId();
    if (id === 0) return undefined;
    // Fractions would take memory for each job.
    const since = Math.floor(this.#settings.clock.now());
    const job = new Job(id, this.#handles, of, key, body, traits, since);
    this.#enter(job);
    of.counters.submitted++;
    return job;
  }

  /**
   * Makes a job that is nothing but one more in a long queue, in less time and memory than {@link make} and {@link begin} take. Returns its handle, or
   * undefined when the job is another one. Workers do not hear of it before {@link announce}.
   */
  queue(of: JobFunction, key: string | undefined, body: JobBody, traits: JobTraits): string | undefined {
    const { priority, background, when, schedule, reducer } = traits;
    const queue = of.ready[priority];
    if (queue.length < LONG || !background || key !== undefined || this.#keeper !== undefined) return undefined;
    if (when > 0 || schedule !== '' || reducer !== undefined) return undefined;
    const id = this.#nextId++;
    const since = Math.floor(this.#settings.clock.now());
    this.#jobs.add(id, queue.pushFolded(id, of, priority, body, since));
    of.total[priority]++;
    this.#bytes += body.end - body.start;
    of.counters.submitted++;
    return this.#handles.of(id);
  }

  /** Wakes workers for a job of the function that was queued. */
  announce(of: JobFunction): void {
    this.#alarm.ring(of);
  }

  /** Whether jobs in the background are kept by a store. */
  get keeps(): boolean {
    return this.#keeper !== undefined;
  }

  /** Has a job done, unless it is already. */
  begin(job: Job): void {
    if (job.state === JobState.New) this.#place(job);
  }

  /**
   * Has a job kept, and done as soon as it is. Returns who is told when it is, to be added to; undefined when it has been kept for long.
   */
  store(job: Job): ((error: Error | undefined) => void)[] | undefined {
    if (job.onStored === undefined && job.durable) return undefined;
    if (job.onStored === undefined) {
      job.durable = true;
      // One that others wait for already goes on meanwhile.
      if (job.state === JobState.New) job.state = JobState.Storing;
      job.onStored = [(error) => this.#stored(job, error)];
      this.#keeper?.put(job);
    }
    return job.onStored;
  }

  /** Notes that a client waits for a job. */
  join(job: Job, client: Peer): void {
    if (job.clients === undefined) job.clients = [client];
    else job.clients.push(client);
    client.awaited.add(job);
  }

  /** Ends a job that nobody is to do any more; its clients are told that it failed. Returns whether it was not over yet. */
  cancel(job: Job): boolean {
    if (job.state === JobState.Over) return false;
    this.#tellFailure(job);
    this.#end(job, 'cancelled');
    return true;
  }

  /** Cancels every job of a function. */
  cancelAll(of: JobFunction): void {
    for (const job of this.#jobs.of(of)) this.cancel(job);
  }

  /** Passes on what the worker of a job says of it. */
  tell(job: Job, message: GearmanOutput): void {
    if (job.clients === undefined) return;
    for (const client of job.clients) client.send(message);
  }

  // ---------------------------------------------------------------- workers

  /** @param timeout ms that the worker has for a job, 0 for any time; undefined for what the function has */
  canDo(worker: Peer, of: JobFunction, timeout: number | undefined): void {
    worker.abilities.set(of, timeout ?? of.policy.timeout);
    of.workers.add(worker);
    if (!worker.sleeping) return;
    // It is asleep, with one ability more now.
    if (of.hasReady) this.#alarm.wake(worker);
    else this.#alarm.lull(worker);
  }

  /** A job of the function that the worker has is no longer its own. */
  cannotDo(worker: Peer, of: JobFunction): void {
    if (!worker.abilities.delete(of)) return;
    of.workers.delete(worker);
    of.sleepers.delete(worker);
    for (const job of worker.working) if (job.function === of) this.#setBack(job, 'lost');
  }

  resetAbilities(worker: Peer): void {
    for (const of of worker.abilities.keys()) this.cannotDo(worker, of);
  }

  /** Lets a worker sleep, and wakes it at once when there is something to do. */
  sleep(worker: Peer): void {
    if (this.#closing || this.#choose(worker) === undefined) this.#alarm.lull(worker);
    else worker.send(NOOP);
  }

  /** Gives the most urgent job that the worker can do, if there is one; it is the worker's from now on. */
  grab(worker: Peer): Job | undefined {
    this.#alarm.rouse(worker);
    if (this.#closing) return undefined;
    const job = this.#choose(worker);
    if (job === undefined) return undefined;
    const of = job.function;
    of.ready[job.priority].remove(job);
    of.turn = ++this.#turn;
    of.running++;
    this.#running++;
    job.state = JobState.Running;
    job.worker = worker;
    worker.working.add(job);
    const timeout = worker.abilities.get(of)!;
    if (timeout > 0) job.cancelTimer = this.#settings.clock.after(timeout, () => this.#timeOut(job));
    return job;
  }

  /** The worker has done it; the clients have been told. */
  complete(job: Job): void {
    this.#end(job, 'completed');
  }

  /**
   * The worker could not do it. It is tried again if it may; if not, the clients are told.
   *
   * @param exception what clients that want exceptions get instead of WORK_FAIL
   */
  fail(job: Job, exception: GearmanOutput | undefined): void {
    this.#setBack(job, 'failure', exception);
  }

  /** A connection is gone: what it worked on goes to others, what it alone waited for is dropped. */
  leave(peer: Peer): void {
    this.#alarm.rouse(peer);
    for (const of of peer.abilities.keys()) of.workers.delete(peer);
    for (const job of peer.working) this.#setBack(job, 'lost');
    for (const job of peer.awaited) {
      job.clients = job.clients!.filter((client) => client !== peer);
      if (job.clients.length > 0) continue;
      job.clients = undefined;
      // A worker may go on with what it has begun: nobody is told of it.
      if (!job.background && job.state !== JobState.Running) this.#end(job, 'cancelled');
    }
    peer.awaited.clear();
    peer.abilities.clear();
  }

  // ---------------------------------------------------------------- the store, and the end

  keepBy(keeper: JobKeeper): void {
    this.#keeper = keeper;
  }

  /** Takes in jobs that a store has kept. */
  restoreAll(jobs: Iterable<StoredJob>): void {
    for (const job of jobs) this.#restore(job);
  }

  /** Begins nothing new; clients of jobs that were not begun are told that those failed, unless they run on in a store or in the background. */
  stop(): void {
    this.#closing = true;
    // Those of runs have neither clients nor timers.
    for (const job of this.#jobs.single()) {
      if (job.state !== JobState.Running && job.clients !== undefined) this.#abandon(job);
    }
  }

  /** Tells the clients of jobs that run that those failed. */
  abandonAll(): void {
    for (const job of this.#jobs.single()) if (job.clients !== undefined) this.#abandon(job);
  }

  /** Ends all timers. */
  halt(): void {
    this.#closing = true;
    this.#waiting.stop();
    this.#alarm.stop();
    for (const job of this.#jobs.single()) job.cancelTimer?.();
  }

  /** Resolves when `done` holds, which is asked whenever a job has ended, or has left its worker, or waits for its time. */
  async when(done: () => boolean): Promise<void> {
    if (done()) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!done()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
    });
  }

  // ---------------------------------------------------------------- inside

  #whyNot(of: JobFunction, priority: Priority): Refusal | undefined {
    if (this.#closing) return 'closing';
    const { maxJobs, maxJobBytes } = this.#settings;
    if (of.isFull(priority) || this.#jobs.size >= maxJobs || this.#bytes >= maxJobBytes) return 'full';
    return of.policy.requireWorker && of.workers.size === 0 ? 'worker' : undefined;
  }

  #restore(stored: StoredJob): void {
    const of = this.functions.make(Buffer.from(stored.function).toString('latin1'));
    // There are more functions than there may be: it stays where it is kept.
    if (of === undefined || this.#jobs.get(stored.id) !== undefined) return;
    const { unique, payload } = stored;
    const source = Buffer.concat([stored.function, NUL, unique, NUL, payload]);
    const headEnd = stored.function.length + unique.length + 2;
    const body = this.bodies.keep(source, 0, headEnd, headEnd, source.length);
    const reducer = stored.reducer === undefined ? undefined : Buffer.from(stored.reducer);
    const traits = { ...stored, background: true, reducer };
    const job = new Job(
      stored.id,
      this.#handles.idOf(stored.handle) === stored.id ? this.#handles : stored.handle,
      of,
      jobKey(Buffer.from(unique).toString('latin1'), () => payload),
      body,
      traits,
      this.#settings.clock.now(),
    );
    job.attempts = stored.attempts;
    job.durable = true;
    this.#enter(job);
    if (this.#handles.idOf(job.handle) !== job.id) this.#foreign.set(job.handle, job);
    this.#place(job);
  }

  #enter(job: Job): void {
    const of = job.function;
    this.#jobs.add(job.id, job);
    if (job.key !== undefined && !of.keyed.has(job.key)) of.keyed.set(job.key, job);
    of.total[job.priority]++;
    this.#bytes += job.size;
  }

  /** The store has a job now, or cannot keep it. */
  #stored(job: Job, error: Error | undefined): void {
    if (error === undefined) {
      if (job.state === JobState.Storing) this.#place(job);
      return;
    }
    job.durable = false;
    if (job.state !== JobState.Storing) return;
    this.#tellFailure(job);
    this.#end(job, 'cancelled');
  }

  /** Puts a job where it waits for its time or for a worker. */
  #place(job: Job): void {
    if (job.when > 0 && job.when > this.#settings.wall()) {
      job.state = JobState.Waiting;
      this.#waiting.add(job);
      this.#look();
      return;
    }
    job.state = JobState.Ready;
    job.function.ready[job.priority].push(job);
    this.#alarm.ring(job.function);
  }

  #comeDue(job: Job): void {
    job.when = 0;
    this.#place(job);
  }

  /** The job that a worker is to have: of the highest priority, of the function among those whose turn was longest ago. */
  #choose(worker: Peer): Job | undefined {
    for (const priority of PRIORITIES) {
      let chosen: JobFunction | undefined;
      for (const of of worker.abilities.keys()) {
        if (of.ready[priority].length > 0 && (chosen === undefined || of.turn < chosen.turn)) chosen = of;
      }
      if (chosen !== undefined) return this.#firstOf(chosen.ready[priority]);
    }
    return undefined;
  }

  #firstOf({ first }: JobQueue): Job | undefined {
    return first instanceof JobRun ? this.#unfold(first, first.id) : first;
  }

  /** Makes jobs of their own of those in a run up to number `id`, and returns that one. */
  #unfold(run: JobRun, id: number): Job {
    const queue = run.function.ready[run.priority];
    for (;;) {
      const job = run.take(this.#handles);
      queue.unfold(run, job);
      this.#jobs.replace(job);
      if (job.id === id) return job;
    }
  }

  #timeOut(job: Job): void {
    job.function.counters.timedOut++;
    this.#setBack(job, 'timeout');
  }

  /** An attempt ended without a result. */
  #setBack(job: Job, how: Setback, exception?: GearmanOutput): void {
    const { policy, counters } = job.function;
    if (this.#closing && how === 'lost' && job.background) {
      // It is the server that leaves: what is kept is done after the next start.
      this.#leaveWorker(job);
      this.#place(job);
      this.#look();
      return;
    }
    job.attempts++;
    if (how !== 'failure') job.worker?.remember(job.handle, 'taken');
    const wanted = job.background || job.clients !== undefined;
    if (wanted && job.attempts <= policy.retries[how]) {
      counters.retried++;
      this.#leaveWorker(job);
      job.numerator = 0;
      job.denominator = 0;
      const rest = pauseAfter(policy.backoff, job.attempts);
      job.when = rest === 0 ? 0 : this.#settings.wall() + rest;
      if (job.durable) this.#keeper?.put(job);
      this.#place(job);
      this.#look();
      return;
    }
    this.#tellFailure(job, exception);
    this.#end(job, 'failed');
    if (wanted && policy.deadLetter !== undefined) this.#bury(job, policy.deadLetter);
  }

  /** Gives what failed to the function that is there for it. */
  #bury(job: Job, deadLetter: string): void {
    const of = this.functions.make(deadLetter);
    if (of === undefined || of === job.function) return;
    const { payload } = job;
    const source = Buffer.concat([Buffer.from(deadLetter, 'latin1'), NUL, NUL, payload.bytes]);
    const headEnd = deadLetter.length + 2;
    const body = this.bodies.keep(source, 0, headEnd, headEnd, source.length);
    const traits = { priority: job.priority, background: true, when: 0, schedule: '', reducer: undefined };
    const buried = this.refusal(of, traits) === undefined ? this.make(of, undefined, body, traits) : undefined;
    if (buried === undefined) return;
    if (this.keeps) this.store(buried);
    else this.begin(buried);
  }

  #tellFailure(job: Job, exception?: GearmanOutput): void {
    if (job.clients === undefined) return;
    const failure = packet(PacketType.WorkFail, job.handle);
    for (const client of job.clients) {
      client.send(exception !== undefined && client.exceptions ? exception : failure);
    }
  }

  /** The server ends: the clients of a job are told that it failed. It is over, unless it was to run without them, too. */
  #abandon(job: Job): void {
    this.#tellFailure(job);
    if (!job.background) {
      this.#end(job, 'cancelled');
      return;
    }
    this.#forgetClients(job);
  }

  #end(job: Job, how: Ending): void {
    const of = job.function;
    if (job.state === JobState.Ready) of.ready[job.priority].remove(job);
    if (job.state === JobState.Waiting) this.#waiting.remove(job);
    if (how === 'cancelled') job.worker?.remember(job.handle, 'taken');
    this.#leaveWorker(job);
    this.#forgetClients(job);
    job.state = JobState.Over;
    of.counters[how]++;
    if (how === 'cancelled' || !this.#comeAgain(job)) this.#drop(job);
    this.#look();
  }

  /** Tells those who wait for something that it may have come about. */
  #look(): void {
    for (const look of this.#watchers) look();
  }

  /** A job with a schedule waits for its next time. Returns whether it has one. */
  #comeAgain(job: Job): boolean {
    if (job.schedule === '') return false;
    const next = nextTime(job.schedule, this.#settings.wall(), this.#settings.zone);
    if (next === undefined) return false;
    job.when = next;
    job.attempts = 0;
    job.numerator = 0;
    job.denominator = 0;
    if (job.durable) this.#keeper?.put(job);
    this.#place(job);
    return true;
  }

  #drop(job: Job): void {
    const of = job.function;
    this.#jobs.remove(job);
    if (this.#foreign.size > 0) this.#foreign.delete(job.handle);
    if (job.key !== undefined && of.keyed.get(job.key) === job) of.keyed.delete(job.key);
    of.total[job.priority]--;
    this.#bytes -= job.size;
    if (job.durable) this.#keeper?.remove(job);
  }

  #forgetClients(job: Job): void {
    if (job.clients === undefined) return;
    for (const client of job.clients) client.awaited.delete(job);
    job.clients = undefined;
  }

  #leaveWorker(job: Job): void {
    if (job.worker === undefined) return;
    job.cancelTimer?.();
    job.cancelTimer = undefined;
    job.worker.working.delete(job);
    job.worker = undefined;
    job.function.running--;
    this.#running--;
  }
}

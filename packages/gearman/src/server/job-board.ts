import { Buffer } from 'node:buffer';

import { type GearmanOutput, packet, PacketType } from '@wirewright/codec-gearman';

import { pauseAfter } from '../job-backoff.ts';
import type { StoredJob } from '../store/job-store.ts';
import { AlarmCall } from './alarm-call.ts';
import type { BoardSettings } from './board-settings.ts';
import { Conditions } from './conditions.ts';
import type { Setback } from './function-policy.ts';
import type { Functions } from './functions.ts';
import type { JobBody } from './job-bodies.ts';
import type { JobFunction } from './job-function.ts';
import type { JobKeeper } from './job-keeper.ts';
import { type Job, JobState, type JobTraits, type Priority } from './job.ts';
import { Jobs } from './jobs.ts';
import { nextQueue } from './next-queue.ts';
import type { Peer } from './peer.ts';
import { nextTime } from './schedule.ts';
import { WaitingJobs } from './waiting-jobs.ts';

const NOTHING = new Uint8Array(0);
const NOOP = packet(PacketType.Noop);

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
  readonly jobs: Jobs;
  readonly #settings: BoardSettings;
  readonly #waiting: WaitingJobs;
  readonly #alarm: AlarmCall;
  #keeper: JobKeeper | undefined = undefined;
  #running = 0;
  #turn = 0;
  /** Whether nothing new is begun. */
  #closing = false;
  readonly #conditions = new Conditions();

  constructor(functions: Functions, settings: BoardSettings) {
    this.functions = functions;
    this.#settings = settings;
    this.jobs = new Jobs(functions, settings.handlePrefix, settings.clock);
    this.#waiting = new WaitingJobs(settings.clock, settings.wall, (job) => this.#place(job));
    this.#alarm = new AlarmCall(settings.clock, settings.wakeUp, (peer) => peer.send(NOOP));
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

  // ---------------------------------------------------------------- clients

  /** Why a job of that kind cannot be made, if so. */
  refusal(of: JobFunction, { priority }: JobTraits): Refusal | undefined {
    const refusal = this.#whyNot(of, priority);
    if (refusal !== undefined) of.counters.refused++;
    return refusal;
  }

  /** Makes a job, which nobody is to do yet: see {@link begin} and {@link store}; undefined when no number is left for it. */
  make(of: JobFunction, key: string | undefined, body: JobBody, traits: JobTraits): Job | undefined {
    const id = this.#keeper === undefined ? this.jobs.nextId() : this.#keeper.takeId();
    if (id === 0) return undefined;
    of.counters.submitted++;
    return this.jobs.add(id, of, key, body, traits);
  }

  /**
   * Makes a job that is nothing but one more in a long queue, in less time and memory than {@link make} and {@link begin} take. Returns its handle, or
   * undefined when the job is another one. Workers do not hear of it before {@link announce}.
   */
  queue(of: JobFunction, key: string | undefined, body: JobBody, traits: JobTraits): string | undefined {
    if (this.#keeper !== undefined) return undefined;
    const handle = this.jobs.addFolded(of, key, body, traits);
    if (handle !== undefined) of.counters.submitted++;
    return handle;
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

  /** Ends a job that nobody is to do any more; its clients are told that it failed. Returns whether it was not over yet. */
  cancel(job: Job): boolean {
    if (job.state === JobState.Over) return false;
    job.tellFailure();
    this.#end(job, 'cancelled');
    return true;
  }

  /** Cancels every job of a function. */
  cancelAll(of: JobFunction): void {
    for (const job of this.jobs.of(of)) this.cancel(job);
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
    if (this.#closing || nextQueue(worker) === undefined) this.#alarm.lull(worker);
    else worker.send(NOOP);
  }

  /** Gives the most urgent job that the worker can do, if there is one; it is the worker's from now on. */
  grab(worker: Peer): Job | undefined {
    this.#alarm.rouse(worker);
    if (this.#closing) return undefined;
    const queue = nextQueue(worker);
    const job = queue === undefined ? undefined : this.jobs.firstOf(queue);
    if (queue === undefined || job === undefined) return undefined;
    const of = job.function;
    queue.remove(job);
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
    for (const stored of jobs) {
      const job = this.jobs.restore(stored);
      if (job !== undefined) this.#place(job);
    }
  }

  /** Begins nothing new; clients of jobs that were not begun are told that those failed, unless they run on in a store or in the background. */
  stop(): void {
    this.#closing = true;
    for (const job of this.jobs.single()) {
      if (job.state !== JobState.Running && job.clients !== undefined) this.#abandon(job);
    }
  }

  /** Tells the clients of jobs that run that those failed. */
  abandonAll(): void {
    for (const job of this.jobs.single()) if (job.clients !== undefined) this.#abandon(job);
  }

  /** Ends all timers. */
  halt(): void {
    this.#closing = true;
    this.#waiting.stop();
    this.#alarm.stop();
    for (const job of this.jobs.single()) job.cancelTimer?.();
  }

  /** Resolves when `done` holds, which is asked whenever a job has ended, or has left its worker, or waits for its time. */
  when(done: () => boolean): Promise<void> {
    return this.#conditions.when(done);
  }

  // ---------------------------------------------------------------- inside

  #whyNot(of: JobFunction, priority: Priority): Refusal | undefined {
    if (this.#closing) return 'closing';
    const { maxJobs, maxJobBytes } = this.#settings;
    if (of.isFull(priority) || this.jobs.size >= maxJobs || this.jobs.bytes >= maxJobBytes) return 'full';
    return of.policy.requireWorker && of.workers.size === 0 ? 'worker' : undefined;
  }

  /** The store has a job now, or cannot keep it. */
  #stored(job: Job, error: Error | undefined): void {
    if (error === undefined) {
      if (job.state === JobState.Storing) this.#place(job);
      return;
    }
    job.durable = false;
    if (job.state !== JobState.Storing) return;
    job.tellFailure();
    this.#end(job, 'cancelled');
  }

  /** Puts a job where it waits for its time or for a worker. */
  #place(job: Job): void {
    if (job.when > 0 && job.when > this.#settings.wall()) {
      job.state = JobState.Waiting;
      this.#waiting.add(job);
      this.#conditions.look();
      return;
    }
    job.state = JobState.Ready;
    job.function.ready[job.priority].push(job);
    this.#alarm.ring(job.function);
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
      this.#conditions.look();
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
      this.#conditions.look();
      return;
    }
    job.tellFailure(exception);
    this.#end(job, 'failed');
    if (wanted && policy.deadLetter !== undefined) this.#bury(job, policy.deadLetter);
  }

  /** Gives what failed to the function that is there for it. */
  #bury(job: Job, deadLetter: string): void {
    const of = this.functions.make(deadLetter);
    if (of === undefined || of === job.function) return;
    const body = this.jobs.bodyOf(Buffer.from(deadLetter, 'latin1'), NOTHING, job.payload.bytes);
    const traits = { priority: job.priority, background: true, when: 0, schedule: '', reducer: undefined };
    const buried = this.refusal(of, traits) === undefined ? this.make(of, undefined, body, traits) : undefined;
    if (buried === undefined) return;
    if (this.keeps) this.store(buried);
    else this.begin(buried);
  }

  /** The server ends: the clients of a job are told that it failed. It is over, unless it was to run without them, too. */
  #abandon(job: Job): void {
    job.tellFailure();
    if (job.background) job.forgetClients();
    else this.#end(job, 'cancelled');
  }

  #end(job: Job, how: Ending): void {
    const of = job.function;
    if (job.state === JobState.Ready) of.ready[job.priority].remove(job);
    if (job.state === JobState.Waiting) this.#waiting.remove(job);
    if (how === 'cancelled') job.worker?.remember(job.handle, 'taken');
    this.#leaveWorker(job);
    job.forgetClients();
    job.state = JobState.Over;
    of.counters[how]++;
    if (how === 'cancelled' || !this.#comeAgain(job)) {
      this.jobs.remove(job);
      // Also one that the store said it could not keep: it may have been kept all the same, and would be done after the next start.
      if (job.background) this.#keeper?.remove(job);
    }
    this.#conditions.look();
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

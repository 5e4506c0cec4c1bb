import { packet, type Packet, PacketType } from '@wirewright/codec-gearman';
import { type ReadyPlace, RequestTimeoutError } from '@wirewright/core';

import { CommandError, JobCancelledError, JobLostError } from '../errors.ts';
import { answer, refusal } from '../link/answers.ts';
import type { LinkSettings } from '../link/link-options.ts';
import { ServerLink } from '../link/server-link.ts';
import { wireHandle } from '../names.ts';
import type { Job } from './job.ts';
import type { Ability } from './worker-options.ts';

/** What a link asks of its worker, and tells it. None of it throws. */
export interface WorkerLinkEvents {
  readonly clientId: string | undefined;
  readonly abilities: ReadonlyMap<string, Ability>;
  /** There may be jobs, or room for more. */
  changed(): void;
  /** A job came. */
  assigned(link: WorkerLink, packet: Packet): void;
  /** Something that nobody waits for. */
  error(error: Error, server: string): void;
}

/** What jobs are asked for with: the first that the server knows. Perl's only knows the last. */
const GRABS = [PacketType.GrabJobAll, PacketType.GrabJobUniq, PacketType.GrabJob] as const;

/** After so many calls in a row that came to nothing, the next one is not followed at once. */
const MANY_FALSE_ALARMS = 10;

/** Milliseconds. */
const LONGEST_REST = 100;

/** After so many calls in a row that were for one job each, the next one is taken for another of these. */
const FEW_SINGLES = 2;

/** Every so many times it is looked whether it still is. */
const CHECK_EVERY = 8;

/** A server as a worker has it: what is asked of it, and which of its jobs run. */
export class WorkerLink {
  readonly link: ServerLink;
  /** The jobs of the server that run, by handle. */
  readonly jobs: Map<string, Job> = new Map();
  /** Jobs that were asked for. */
  grabs = 0;
  /** Whether it makes sense to ask for one. */
  hopeful = false;
  readonly #settings: LinkSettings;
  readonly #events: WorkerLinkEvents;
  /** Which of {@link GRABS} the server knows, as far as one can tell. */
  #grab = 0;
  /** Which of them a new connection begins with: there are servers that say nothing to one that they do not know. */
  #begin = 0;
  /** Whether it has ever answered one: then silence is slowness. */
  #spoken = false;
  /** Whether it has answered one: then no ERROR that comes is an answer to one. */
  #known = false;
  /** How many may be asked for at once: more, the more came. */
  #burst = 1;
  #asleep = false;
  /** Calls in a row that came to nothing. */
  #falseAlarms = 0;
  #cancelRest: (() => void) | undefined = undefined;
  /** Jobs since the last call; calls in a row that were for one job; how often that was relied on. */
  #sinceCall = 0;
  #singles = 0;
  #guesses = 0;
  /** Functions that are to be done no more, and who waits for that. */
  readonly #leaving = new Map<string, (() => void)[]>();
  #retired = false;
  #onIdle: (() => void) | undefined = undefined;

  constructor(place: ReadyPlace, settings: LinkSettings, events: WorkerLinkEvents) {
    this.#settings = settings;
    this.#events = events;
    this.link = new ServerLink(place, settings, {
      connected: () => this.#connected(),
      lost: (error) => this.#lost(error),
      isPush: ({ type }) => type === PacketType.Noop || (type === PacketType.Error && (this.#known || this.link.quiet)),
      push: (pushed) => this.#push(pushed),
    });
  }

  /** Whether the server knows more than Perl's does. */
  get modern(): boolean {
    return GRABS[this.#grab] !== PacketType.GrabJob;
  }

  /** Whether another job may be asked for. */
  get mayGrab(): boolean {
    const { hopeful, link } = this;
    return hopeful && !this.#retired && link.up && this.#leaving.size === 0 && this.grabs < this.#burst;
  }

  /** Asks for a job. */
  grab(): void {
    this.grabs++;
    this.#asleep = false;
    void this.#ask();
  }

  /** Lets the server wake this worker when there is a job, if there is nothing to ask for. */
  rest(): void {
    if (this.hopeful || this.#asleep || this.grabs > 0 || this.#retired || !this.link.up) return;
    // It is to be asked soon.
    if (this.#cancelRest !== undefined) return;
    this.#asleep = true;
    void this.link.send(packet(PacketType.PreSleep));
  }

  // ---------------------------------------------------------------- abilities

  announce({ name, serverTimeout }: Ability): void {
    if (!this.link.up) return;
    const waiting = this.#leaving.get(name);
    this.#leaving.delete(name);
    for (const done of waiting ?? []) done();
    if (serverTimeout === undefined) void this.link.send(packet(PacketType.CanDo, name));
    else void this.link.send(packet(PacketType.CanDoTimeout, name, `${serverTimeout}`));
    this.hopeful = true;
  }

  /**
   * Does a function no more. Only when none of its jobs runs is the server told: gearmand would give those to another. Until then nothing is
   * asked for. Resolves when that is so.
   */
  withdraw(name: string): Promise<void> {
    return new Promise((resolve) => {
      if (!this.link.up) {
        resolve();
        return;
      }
      this.#leaving.set(name, [...(this.#leaving.get(name) ?? []), resolve]);
      this.#withdrawIdle();
    });
  }

  // ---------------------------------------------------------------- jobs

  began(job: Job): void {
    // A server that gives it again has taken it back.
    this.jobs.get(job.handle)?.abandon(new JobCancelledError(job));
    this.jobs.set(job.handle, job);
  }

  ended(job: Job): void {
    if (this.jobs.get(job.handle) === job) this.jobs.delete(job.handle);
    // To sleep at once spares both of them an answer that there is nothing; the server calls at once if there is.
    if (this.jobs.size === 0 && this.grabs === 0 && this.#foresees()) this.hopeful = false;
    this.#withdrawIdle();
    this.#settled();
  }

  /** Asks whether the server still has the jobs that run here. One that it has not is wanted no more. */
  checkJobs(): void {
    for (const job of this.jobs.values()) this.#check(job).catch(() => {});
  }

  /** Asks for no more jobs. Calls `done` when those that came are over. */
  retire(done: () => void): void {
    this.#retired = true;
    this.#onIdle = done;
    this.#settled();
  }

  stop(): void {
    this.#cancelRest?.();
    this.#cancelRest = undefined;
  }

  // ---------------------------------------------------------------- inside

  #connected(): void {
    const { clientId, abilities } = this.#events;
    this.#grab = this.#begin;
    this.#known = false;
    this.#burst = 1;
    this.#asleep = false;
    this.#singles = 0;
    if (clientId !== undefined) void this.link.send(packet(PacketType.SetClientId, clientId));
    for (const ability of abilities.values()) this.announce(ability);
    this.hopeful = abilities.size > 0;
    this.#events.changed();
  }

  #lost(error: Error): void {
    this.hopeful = false;
    this.stop();
    for (const done of [...this.#leaving.values()].flat()) done();
    this.#leaving.clear();
    for (const job of this.jobs.values()) {
      const lost = new JobLostError(job, error);
      job.abandon(lost);
      this.#events.error(lost, this.link.name);
    }
    this.#events.changed();
    this.#settled();
  }

  async #ask(): Promise<void> {
    const { link } = this;
    const type = GRABS[this.#grab]!;
    let assigned: Packet | undefined;
    try {
      assigned = await link.ask(packet(type), (frame) =>
        answer(
          link.name,
          frame,
          PacketType.NoJob,
          PacketType.JobAssign,
          PacketType.JobAssignUniq,
          PacketType.JobAssignAll,
        ),
      );
      this.#known = true;
      this.#spoken = true;
    } catch (error) {
      this.#refused(error as Error, type);
    }
    this.grabs--;
    if (assigned === undefined || assigned.type === PacketType.NoJob) {
      if (assigned !== undefined) this.#none();
    } else if (link.up) {
      // Else the server gives it to another.
      this.#burst *= 2;
      if (++this.#sinceCall > 1) this.#singles = 0;
      this.#falseAlarms = 0;
      this.#events.assigned(this, assigned);
    }
    this.#withdrawIdle();
    this.#events.changed();
    this.#settled();
  }

  /** A server that does not know how it was asked is asked in an older way. */
  #refused(error: Error, type: number): void {
    // That connection is broken off; the next one is asked so.
    if (error instanceof RequestTimeoutError && !this.#spoken && this.#grab < GRABS.length - 1)
      this.#begin = this.#grab + 1;
    if (!(error instanceof CommandError)) return;
    if (GRABS[this.#grab] === type && this.#grab < GRABS.length - 1) this.#grab++;
    else if (GRABS[this.#grab] === type) {
      this.hopeful = false;
      this.#events.error(error, this.link.name);
    }
  }

  /** There is no job. */
  #none(): void {
    this.#burst = 1;
    this.hopeful = false;
    if (this.#sinceCall === 1) this.#singles++;
  }

  /** Whether there is most likely no job behind the one that has just ended. */
  #foresees(): boolean {
    return this.#singles >= FEW_SINGLES && ++this.#guesses % CHECK_EVERY > 0;
  }

  #push(pushed: Packet): void {
    if (pushed.type === PacketType.Error) {
      // It does not say of which job: one that was taken back, most likely.
      this.#events.error(refusal(this.link.name, pushed), this.link.name);
      this.checkJobs();
      return;
    }
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#sinceCall = 0;
    // A server that calls again and again and has nothing must not keep both of them busy.
    const calls = this.#falseAlarms++ - MANY_FALSE_ALARMS;
    if (calls < 0) {
      this.#wake();
      return;
    }
    this.#cancelRest ??= this.#settings.clock.after(Math.min(LONGEST_REST, 2 ** calls), () => this.#wake(), true);
  }

  #wake(): void {
    this.#cancelRest = undefined;
    this.hopeful = true;
    this.#events.changed();
  }

  #withdrawIdle(): void {
    if (this.#leaving.size === 0 || this.grabs > 0) return;
    const busy = new Set(Array.from(this.jobs.values(), ({ function: name }) => name));
    for (const [name, waiting] of this.#leaving) {
      if (busy.has(name)) continue;
      this.#leaving.delete(name);
      if (this.link.up) void this.link.send(packet(PacketType.CantDo, name));
      for (const done of waiting) done();
    }
    if (this.#leaving.size === 0) this.#events.changed();
  }

  async #check(job: Job): Promise<void> {
    const { link } = this;
    const known = await link.ask(packet(PacketType.GetStatus, wireHandle(job.handle)), (frame) =>
      answer(link.name, frame, PacketType.StatusRes).latin1(1),
    );
    if (known === '1' || job.over) return;
    const error = new JobCancelledError(job);
    job.abandon(error);
    this.#events.error(error, link.name);
  }

  #settled(): void {
    if (this.#onIdle === undefined || this.jobs.size + this.grabs > 0) return;
    this.#onIdle();
    this.#onIdle = undefined;
  }
}

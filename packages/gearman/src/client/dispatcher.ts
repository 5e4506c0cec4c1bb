import { Backoff, ClosedError, InvalidOptionError } from '@wirewright/core';

import { CommandError, JobFailedError, JobLostError, NoServerError, NoWorkerError } from '../errors.ts';
import type { Fleet } from '../link/fleet.ts';
import type { ClientLink } from './client-link.ts';
import type { ClientSettings } from './client-options.ts';
import type { DistributedJob, Distribution } from './distribution.ts';
import type { Submission } from './submit-options.ts';
import type { AnyTask } from './task.ts';

/** Gives jobs to servers, to the next one where one is down, and again where it comes to nothing and that is wanted. */
export class Dispatcher {
  readonly #fleet: Fleet<ClientLink>;
  readonly #settings: ClientSettings;
  /** The servers that the order is for. */
  #ordered: readonly ClientLink[] = [];
  #order: ReturnType<Distribution> = () => [0];
  /** Pauses that pass, by task. */
  readonly #pauses = new Map<AnyTask, () => void>();
  readonly #retries = new WeakMap<AnyTask, { lost: number; failure: number; backoff: Backoff }>();
  retried = 0;

  constructor(fleet: Fleet<ClientLink>, settings: ClientSettings) {
    this.#fleet = fleet;
    this.#settings = settings;
  }

  /** Submits the job of a task, and has it fail when that cannot be done. */
  dispatch(task: AnyTask): void {
    void this.#find(task, this.#linksOf(task.submission!));
  }

  /** The job of a task came to nothing: submits it again, or has the task fail. */
  setback(task: AnyTask, error: Error): void {
    const { submission } = task;
    if (submission === undefined) return;
    const kind = task.cancelled ? undefined : kindOf(error);
    if (kind === undefined || submission.retries[kind] === 0) {
      task.fail(error);
      return;
    }
    let retries = this.#retries.get(task);
    if (retries === undefined) {
      retries = { lost: 0, failure: 0, backoff: new Backoff(this.#settings.link.reconnect) };
      this.#retries.set(task, retries);
    }
    if (retries[kind]++ >= submission.retries[kind]) {
      task.fail(error);
      return;
    }
    this.retried++;
    task.tell({ type: 'retry', error });
    const again = (): void => {
      this.#pauses.delete(task);
      if (task.over) return;
      try {
        this.dispatch(task);
      } catch (thrown) {
        task.fail(thrown as Error);
      }
    };
    this.#pauses.set(task, this.#settings.link.clock.after(retries.backoff.next(), again, true));
  }

  /** A task is over: it is not submitted again. */
  forget(task: AnyTask): void {
    this.#pauses.get(task)?.();
    this.#pauses.delete(task);
  }

  /** Looks for a server that is up, or comes up, and takes the job. */
  async #find(task: AnyTask, links: readonly ClientLink[]): Promise<void> {
    const errors = new Map<string, Error>();
    let withoutWorker = false;
    // Those that are known to be down are asked last, and all at once.
    const order = [...links.filter(({ link }) => !link.down), ...links.filter(({ link }) => link.down)];
    for (const member of order) {
      const { submission } = task;
      if (submission === undefined) return;
      const { link } = member;
      let submitted = false;
      try {
        if (!link.up) {
          if (link.down) for (const other of order) if (other.link.down) void other.link.attempt();
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          await link.attempt();
          if (!link.up) {
            errors.set(link.name, link.error ?? new ClosedError(link.name));
            continue;
          }
        }
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        if (submission.requireWorker && !(await member.hasWorker(submission.function))) {
          withoutWorker = true;
          continue;
        }
        submitted = true;
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await member.submit(task);
        return;
      } catch (error) {
        if (submitted && wasSent(error)) {
          this.setback(task, failureOf(task, member, error));
          return;
        }
        errors.set(link.name, error as Error);
      }
    }
    const sent = task.attempts > 0;
    this.setback(task, withoutWorker ? new NoWorkerError(task.function, sent) : new NoServerError(errors, sent));
  }

  /**
   * The servers of a job, the first choice first.
   *
   * @throws {InvalidOptionError} a distribution of the user's own has named one that is not there
   */
  #linksOf(submission: Submission): readonly ClientLink[] {
    const { members } = this.#fleet;
    if (members.length === 1) return members;
    if (members !== this.#ordered) {
      this.#order = this.#settings.distribution(members.map(({ link }) => link.name));
      this.#ordered = members;
    }
    return this.#order(distributed(submission)).map((index) => {
      const member = members[index];
      if (member !== undefined) return member;
      throw new InvalidOptionError(
        `the distribution gave ${index} where it should give indexes below ${members.length}`,
      );
    });
  }
}

function distributed({ function: name, unique, payload }: Submission): DistributedJob {
  if (unique.length === 0) return { function: name, key: undefined };
  const isPayload = typeof unique === 'string' ? unique === '-' : unique.length === 1 && unique[0] === 0x2d;
  if (!isPayload) return { function: name, key: unique };
  return { function: name, key: payload.length === 0 ? undefined : payload };
}

/** What can be tried again, and as what it counts. */
function kindOf(error: Error): 'lost' | 'failure' | undefined {
  if (error instanceof JobFailedError) return 'failure';
  return error instanceof JobLostError || error instanceof NoServerError ? 'lost' : undefined;
}

/** Whether a server may have got what failed with `error`: then no other is given it. */
function wasSent(error: unknown): boolean {
  return (error as { sent?: unknown }).sent !== false;
}

/** What the failure of a submit that was sent is to its task. */
function failureOf(task: AnyTask, { link }: ClientLink, error: unknown): Error {
  const lost = (error as { sent?: unknown }).sent === true && !(error instanceof CommandError);
  return lost ? new JobLostError({ function: task.function, handle: '', server: link.name }, error) : (error as Error);
}

import type { Readable } from 'node:stream';

import { type Clock, describeCause, HandlerTimeoutError, InvalidOptionError, isThenable } from '@wirewright/core';

import { pauseAfter } from '../job-backoff.ts';
import type { Job, JobResult } from './job.ts';
import type { Ability, JobMiddleware } from './worker-options.ts';

/**
 * Has a job done. Never throws: whatever the handler does is the end of the job.
 *
 * @param ended called once, when the handler has ended, also where the job was over before, or when its time is over
 */
export function runJob(
  job: Job,
  ability: Ability,
  middleware: readonly JobMiddleware[],
  clock: Clock,
  ended: () => void,
): void {
  const { timeout } = ability;
  const attempts = attempt(job, ability, middleware, clock);
  if (timeout === 0) {
    void attempts.finally(ended);
    return;
  }
  let late = false;
  const cancel = clock.after(timeout, () => {
    late = true;
    const error = new HandlerTimeoutError(job.function, timeout);
    job.exception(error.message, error);
    job.warn(error);
    ended();
  });
  void attempts.finally(() => {
    cancel();
    if (!late) ended();
  });
}

async function attempt(job: Job, ability: Ability, middleware: readonly JobMiddleware[], clock: Clock): Promise<void> {
  for (;;) {
    try {
      const made = call(job, ability, middleware, 0);
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const result = isThenable(made) ? await made : made;
      if (job.over) {
        endStream(result);
        return;
      }
      // oxlint-disable-next-line no-await-in-loop -- the same
      await deliver(job, result);
      return;
    } catch (error) {
      if (job.over) return;
      if (job.attempt > ability.retries || job.signal.aborted) {
        job.exception(describeCause(error), asError(error));
        return;
      }
      // oxlint-disable-next-line no-await-in-loop -- the same
      await pause(job, pauseAfter(ability.backoff, job.attempt), clock);
      if (job.over) return;
      job.restart();
    }
  }
}

/** Calls the handler, inside of what is around it. */
function call(
  job: Job,
  ability: Ability,
  middleware: readonly JobMiddleware[],
  index: number,
): JobResult | Promise<JobResult> {
  const around = middleware[index];
  if (around === undefined) return ability.handler(job);
  return around(job, async () => call(job, ability, middleware, index + 1));
}

/** Sends what a handler has made: at once, or piece by piece. */
async function deliver(job: Job, result: JobResult): Promise<void> {
  if (result === undefined || result === null) job.complete();
  else if (typeof result === 'string' || result instanceof Uint8Array) job.complete(result);
  else if (typeof result === 'object' && isIterable(result)) await deliverPieces(job, result);
  else
    throw new InvalidOptionError(
      'a handler returns text, bytes, or an iterable of them: JSON.stringify() other values',
    );
}

async function deliverPieces(
  job: Job,
  pieces: Iterable<Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  let last: string | Uint8Array | undefined;
  const { signal } = job;
  // The loop waits for the next piece, which may never come.
  const end = (): void => endStream(pieces);
  signal.addEventListener('abort', end);
  try {
    for await (const piece of pieces) {
      // To leave the loop is to end the stream.
      if (job.over) return;
      if (last !== undefined) await job.piece(last);
      last = piece;
    }
  } finally {
    signal.removeEventListener('abort', end);
  }
  job.complete(last);
}

/** Ends a stream that nobody reads any more: it would stay open, and what it failed with would end the process. */
function endStream(result: unknown): void {
  const { destroy, on } = (result ?? {}) as Partial<Readable>;
  if (typeof destroy !== 'function' || typeof on !== 'function') return;
  (result as Readable).on('error', () => {}).destroy();
}

function isIterable(value: object): value is AsyncIterable<string | Uint8Array> {
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/** What was thrown, which may be anything: also what cannot even be asked what it is. */
function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error) return thrown;
  } catch {
    // A proxy may throw.
  }
  return new Error(describeCause(thrown));
}

/** Waits, unless the job is over or not wanted before. */
async function pause(job: Job, delay: number, clock: Clock): Promise<void> {
  if (delay === 0 || job.signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      cancel();
      job.signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(delay, done, true);
    job.signal.addEventListener('abort', done);
  });
}

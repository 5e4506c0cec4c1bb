import type { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';

import type { TaskEvents } from './task-events.ts';

/**
 * The bytes of a task as a stream. `Readable.from` would do, but for its end: one that is destroyed while its generator waits for the worker is
 * closed only when that says something more.
 */
export class TaskStream extends Readable {
  readonly #pieces: AsyncIterator<Buffer, unknown>;
  readonly #events: TaskEvents;

  /** @param events what `pieces` are made of: when the stream is destroyed, there are no more */
  constructor(pieces: AsyncIterator<Buffer, unknown>, events: TaskEvents) {
    super();
    this.#pieces = pieces;
    this.#events = events;
  }

  override _read(): void {
    this.#pieces.next().then(
      ({ done, value }) => this.push(done === true ? null : value),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#events.return();
    done(error);
  }
}

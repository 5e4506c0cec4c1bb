import { retain } from '../codec/retain.ts';
import type { Connection } from '../connection/connection.ts';
import { hookError } from '../connection/hooks.ts';
import { isThenable } from '../connection/is-thenable.ts';

/** Hands what the peer sends on its own to the hook, and holds reading while too much of it is at work. */
export class Pushes<In> {
  /** Pushes whose hook has not settled. */
  atWork = 0;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever it sends and has
  readonly #connection: Connection<In, any, any>;
  readonly #hook: ((message: In) => unknown) | undefined;
  readonly #most: number;
  /** Called when one has settled. */
  readonly #settled: () => void;

  constructor(
    // oxlint-disable-next-line typescript/no-explicit-any -- whatever it sends and has
    connection: Connection<In, any, any>,
    hook: ((message: In) => unknown) | undefined,
    most: number,
    settled: () => void,
  ) {
    this.#connection = connection;
    this.#hook = hook;
    this.#most = most;
    this.#settled = settled;
  }

  take(message: In): void {
    try {
      const result = this.#hook?.(retain(message));
      if (isThenable(result)) this.#await(result);
    } catch (error) {
      this.#failed(error);
    }
  }

  #await(result: PromiseLike<unknown>): void {
    if (++this.atWork >= this.#most) this.#connection.hold(true);
    void Promise.resolve(result)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.atWork--;
        this.#connection.hold(false);
        this.#settled();
      });
  }

  #failed(error: unknown): void {
    this.#connection.fail(hookError('onPush', error));
  }
}

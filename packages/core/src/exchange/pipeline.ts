import { InvalidOptionError } from '../codec/errors.ts';
import type { RequestOptions } from './options.ts';

type Results<Values extends readonly unknown[]> = {
  -readonly [Index in keyof Values]: PromiseSettledResult<Values[Index]>;
};

/** What a pipeline asks: an exchange. */
interface Asked<In, Out> {
  request(message: Out, collect: (frame: In) => unknown, options: RequestOptions): Promise<unknown>;
  send(message: Out, options: RequestOptions): Promise<void>;
  /** Sends what `ask` asks for, one right behind the other. */
  together<R>(ask: () => R): R;
}

/** Runs a pipeline on an exchange, as soon as there is one that has room, with the options less the time that took. */
type Runner<In, Out> = <R>(
  run: (exchange: Asked<In, Out>, left: RequestOptions) => Promise<R>,
  options: RequestOptions,
) => Promise<R>;

type Step<In, Out> = (exchange: Asked<In, Out>, options: RequestOptions) => Promise<unknown>;

/**
 * Requests that are sent on one connection, one right behind the other, with nobody else's between them.
 *
 * ```ts
 * const [first, second] = await exchange.pipeline().request('a', whole).request('b', whole).exec();
 * ```
 *
 * One pipeline may be longer than the window: the rest follows as replies come, and still nobody comes between.
 */
export class Pipeline<In, Out, Values extends readonly unknown[] = []> {
  readonly #runner: Runner<In, Out>;
  readonly #steps: Step<In, Out>[] = [];
  #sent = false;

  /** @internal Use `pipeline()` of an exchange or a pool. */
  constructor(runner: Runner<In, Out>) {
    this.#runner = runner;
  }

  /** Adds a request; see `request` of the exchange. */
  request<R>(message: Out, collect: (frame: In) => R | undefined): Pipeline<In, Out, [...Values, R]> {
    this.#steps.push((exchange, options) => exchange.request(message, collect, options));
    return this as unknown as Pipeline<In, Out, [...Values, R]>;
  }

  /** Adds a message that is not answered. */
  send(message: Out): Pipeline<In, Out, [...Values, void]> {
    this.#steps.push((exchange, options) => exchange.send(message, options));
    return this as unknown as Pipeline<In, Out, [...Values, void]>;
  }

  /**
   * Sends what was gathered, once. Resolves when everything is settled, with one result for each request, in order: a request that fails
   * does not fail the others. `signal` and `timeout` are for all of them together.
   *
   * @throws (rejects) no connection could be had; nothing was sent
   */
  exec(options: RequestOptions = {}): Promise<Results<Values>> {
    if (this.#sent) return Promise.reject(new InvalidOptionError('a pipeline is sent once: gather another'));
    this.#sent = true;
    return this.#runner(
      (exchange, left) => Promise.allSettled(exchange.together(() => this.#steps.map((step) => step(exchange, left)))),
      options,
    ) as unknown as Promise<Results<Values>>;
  }
}

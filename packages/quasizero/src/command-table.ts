import { InvalidOptionError, isThenable } from '@wirewright/core';

import type { Commands, Handler, Middleware } from './handler.ts';

/** Codes below this are looked up in an array, which takes a fraction of the time of a Map. */
const DIRECT = 256;

/** Which handler answers which command, and what stands around all of them. */
export class CommandTable<Data> {
  readonly #direct: (Handler<Data> | undefined)[];
  readonly #handlers = new Map<number, Handler<Data>>();
  readonly #middlewares: Middleware<Data>[] = [];
  /** Runs the command of a request, everything around it included. */
  run: Handler<Data>;

  /** @throws {InvalidOptionError} a code is no signed 32-bit integer, or a handler no function */
  constructor(commands: Commands<Data>) {
    if (typeof commands !== 'object' || commands === null || commands instanceof Map) {
      throw new InvalidOptionError('a server takes its commands: { 1: (request, response) => response.set(...) }');
    }
    this.#direct = Array.from({ length: DIRECT }, () => undefined);
    for (const [code, handler] of Object.entries(commands)) this.set(codeOf(code), handler);
    this.run = this.#answer;
  }

  /** @throws {InvalidOptionError} the code is no signed 32-bit integer, has a handler already, or the handler is no function */
  set(code: number, handler: Handler<Data>): void {
    codeOf(String(code));
    if (typeof handler !== 'function') throw new InvalidOptionError(`the handler of command ${code} is no function`);
    if (this.#handlers.has(code)) throw new InvalidOptionError(`command ${code} has a handler already`);
    this.#handlers.set(code, handler);
    if (code >= 0 && code < DIRECT) this.#direct[code] = handler;
  }

  /** Puts `middleware` around the handlers, inside of what is there already. */
  use(middleware: Middleware<Data>): void {
    if (typeof middleware !== 'function') throw new InvalidOptionError('use() takes a function');
    this.#middlewares.push(middleware);
    this.run = this.#middlewares.reduceRight<Handler<Data>>(
      (inner, around) => (request, response, connection) =>
        around(request, response, () => observed(inner(request, response, connection)), connection),
      this.#answer,
    );
  }

  readonly #answer: Handler<Data> = (request, response, connection) => {
    const { code } = request;
    const handler = code >= 0 && code < DIRECT ? this.#direct[code] : this.#handlers.get(code);
    // The words of the Go original.
    if (handler === undefined) return response.setError(`unknown command code ${code}`);
    return handler(request, response, connection);
  };
}

/** Middleware may not wait for what is inside: that it fails then must not be unheard of in the process, which would end it. */
function observed(result: unknown): unknown {
  if (!isThenable(result)) return result;
  // Adopted once: some begin their work when `then` is called, and would do so again for each middleware.
  const adopted = Promise.resolve(result);
  adopted.catch(() => {});
  return adopted;
}

function codeOf(key: string): number {
  const code = Number(key);
  if ((code | 0) !== code || String(code) !== key) {
    throw new InvalidOptionError(`a command code is a signed 32-bit integer, not ${JSON.stringify(key)}`);
  }
  return code;
}

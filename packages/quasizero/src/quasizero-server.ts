import { type QuasizeroOptions, quasizeroServer, type Request, Response } from '@wirewright/codec-quasizero';
import {
  type Connection,
  describeCause,
  EncodeError,
  HandlerError,
  HandlerTimeoutError,
  InvalidOptionError,
  isThenable,
  type ListenOptions,
  Server,
  SERVER_OPTIONS,
  type ServerOptions,
  systemClock,
  timeoutOption,
  type WireError,
} from '@wirewright/core';
import { knownOptions } from '@wirewright/core/codec';

import { CommandTable } from './command-table.ts';
import { HandlerDeadlines, type PendingHandler } from './handler-deadlines.ts';
import type { Commands, Handler, Middleware } from './handler.ts';
import { USUAL_PORT } from './usual-port.ts';

/** Those of a `Server`, whose codec is given, and the limits of requests. */
export interface QuasizeroServerOptions<Data = unknown>
  extends Omit<ServerOptions<Request, Response, Data>, 'codec'>, QuasizeroOptions {
  /**
   * Milliseconds that a request may take to arrive from its first byte to its last, that a handler may take to settle, and for which the
   * peer may take nothing of what is answered: each of them. Default 30,000; false for as long as it takes.
   */
  readonly timeout?: number | false | undefined;
}

const OPTIONS = ['timeout', 'maxFrameLength', ...SERVER_OPTIONS.filter((name) => name !== 'codec')];

type QuasizeroConnection<Data> = Connection<Request, Response, Data>;

/**
 * Answers commands, wire-compatible with quasizero, the Go original.
 *
 * ```ts
 * const server = new QuasizeroServer({
 *   1: (request, response) => response.set(request.payload),
 *   2: async (request, response) => response.setString(await lookUp(request.text())),
 * });
 * await server.listen({ port: 11300 });
 * ```
 *
 * The requests of a connection are answered in order, one after the other: while a handler is pending, the next one waits, and the
 * answers before it have left. A {@link Server} with a codec and an `onRead` of its own.
 */
export class QuasizeroServer<Data = unknown> extends Server<Request, Response, Data> {
  readonly #commands: CommandTable<Data>;
  readonly #timeout: number;
  readonly #deadlines: HandlerDeadlines | undefined;

  /**
   * @param commands their handlers by code; {@link handle} adds others
   * @throws {InvalidOptionError} a command or an option is none, or out of range
   */
  constructor(commands: Commands<Data> = {}, options: QuasizeroServerOptions<Data> = {}) {
    if (typeof options === 'object' && options !== null && 'codec' in options) {
      throw new InvalidOptionError('a quasizero server has its codec; maxFrameLength is what can be set of it');
    }
    knownOptions('new QuasizeroServer()', options, OPTIONS);
    const { timeout = 30_000, maxFrameLength, frameTimeout = timeout, stallTimeout = timeout, ...rest } = options;
    const limit = timeoutOption('timeout', timeout);
    super({ ...rest, frameTimeout, stallTimeout, codec: quasizeroServer({ maxFrameLength }) });
    this.#commands = new CommandTable(commands);
    this.#timeout = limit;
    this.#deadlines = limit === 0 ? undefined : new HandlerDeadlines(options.clock ?? systemClock, limit);
    this.onRead(this.#answer);
  }

  protected override get usualPort(): number {
    return USUAL_PORT;
  }

  /** Listens on port 11300 unless `place` says otherwise; see {@link Server.listen}. */
  override listen(place: string | ListenOptions = {}): Promise<this> {
    return super.listen(place);
  }

  /**
   * Has `handler` answer a command.
   *
   * @throws {InvalidOptionError} the code is no signed 32-bit integer, has a handler already, or the handler is no function
   */
  handle(code: number, handler: Handler<Data>): this {
    this.#commands.set(code, handler);
    return this;
  }

  /**
   * Puts `middleware` around all handlers: the first that is used is the outermost.
   *
   * @throws {InvalidOptionError} it is no function
   */
  use(middleware: Middleware<Data>): this {
    this.#commands.use(middleware);
    return this;
  }

  /**
   * Something failed on a connection, once for each at most; or a handler did, each time: a {@link HandlerError} or a
   * {@link HandlerTimeoutError}, which the caller was told of and after which the connection goes on.
   */
  override onError(hook: (connection: QuasizeroConnection<Data>, error: WireError) => unknown): this {
    return super.onError(hook);
  }

  /** Takes a request. A function of its own and not a method: that is one call less for each. */
  readonly #answer = (connection: QuasizeroConnection<Data>, request: Request): Promise<void> | undefined => {
    const response = new Response();
    let result: unknown;
    try {
      result = this.#commands.run(request, response, connection);
      // Most return nothing, or the response, of which there is nothing to find out.
      if (result !== undefined && result !== response && isThenable(result)) {
        return this.#wait(connection, request, response, result);
      }
    } catch (error) {
      this.#fail(connection, request, response, error);
      return undefined;
    }
    try {
      connection.send(response);
    } catch (error) {
      this.#refuse(connection, error);
    }
    return undefined;
  };

  /** Answers when `result` has settled, or when that takes too long. Never rejects. */
  #wait(
    connection: QuasizeroConnection<Data>,
    request: Request,
    response: Response,
    result: PromiseLike<unknown>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (answer: () => void): void => {
        if (over) return;
        over = true;
        this.#deadlines?.delete(pending);
        try {
          answer();
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      const pending: PendingHandler = {
        due: 0,
        expire: () => end(() => this.#expire(connection, request)),
      };
      this.#deadlines?.add(pending);
      // Whatever kind of promise it is: some settle twice, or throw.
      new Promise((adopt) => adopt(result)).then(
        () => end(() => this.#send(connection, response)),
        (error: unknown) => end(() => this.#fail(connection, request, response, error)),
      );
    });
  }

  #fail(connection: QuasizeroConnection<Data>, { code }: Request, response: Response, error: unknown): void {
    const message = messageOf(error);
    try {
      connection.send(response.setError(message));
    } catch (unencodable) {
      // What it had filled in so far is in the way of saying what went wrong.
      this.#refuse(connection, unencodable, message);
    }
    this.tellError(connection, new HandlerError(code, error));
  }

  /** Answers in place of a handler. It may still fill in its own response, which nobody gets. */
  #expire(connection: QuasizeroConnection<Data>, { code }: Request): void {
    // With its peer gone, nobody waits for it.
    if (!connection.writable) return;
    const error = new HandlerTimeoutError(code, this.#timeout);
    this.#send(connection, new Response().setError(error));
    this.tellError(connection, error);
  }

  #send(connection: QuasizeroConnection<Data>, response: Response): void {
    try {
      connection.send(response);
    } catch (error) {
      this.#refuse(connection, error);
    }
  }

  /** Answers in place of a response that could not be encoded. Nothing of that was sent, and the caller waits for an answer. */
  #refuse(connection: QuasizeroConnection<Data>, error: unknown, message = ''): void {
    if (!(error instanceof EncodeError)) throw error;
    const told = (message !== '' && sends(connection, message)) || sends(connection, error.message);
    // With a limit that small.
    if (!told) connection.send(new Response().setError('failed'));
    this.tellError(connection, error);
  }
}

/** Answers with an error and nothing else. Returns whether that could be encoded: not when it is longer than a frame may be. */
function sends<Data>(connection: QuasizeroConnection<Data>, message: string): boolean {
  try {
    connection.send(new Response().setError(message));
    return true;
  } catch {
    return false;
  }
}

/** What the caller is told. An error without a text would look like success. */
function messageOf(error: unknown): string {
  const message = describeCause(error);
  if (message !== '') return message;
  return error instanceof Error && error.name !== '' ? error.name : 'unknown error';
}

import { Console } from 'node:console';
import type { Channel } from 'node:diagnostics_channel';

import type { Description } from '../codec/codec.ts';
import { DecodeError, describeCause, EncodeError, InvalidOptionError, WireError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';
import { type AnyConnection, channels, type ConnectionFailed, type FrameSeen } from '../connection/channels.ts';
import { Connection } from '../connection/connection.ts';
import { isThenable } from '../connection/is-thenable.ts';
import { HookError } from '../errors.ts';
import { hexdump } from './hexdump.ts';
import { printable } from './printable.ts';

/** What a wire log shows, and where it goes. */
export interface WireLogOptions {
  /**
   * The connection to log, or a function that says which ones: asked about a connection whenever something happens on it, until it
   * says yes. Default: all connections of the process. The log of one connection stops when that has closed.
   */
  readonly only?: AnyConnection | ((connection: AnyConnection) => boolean) | undefined;
  /** Takes what is logged: one event a call, in whole lines, each with its newline. No promise is waited for. Default: to stderr. */
  readonly write?: ((text: string) => unknown) | undefined;
  /** How many bytes of each frame are shown; 0 for none. Default 256. */
  readonly maxBytes?: number | undefined;
}

/** A wire log that is on. */
export interface WireLog {
  /** Switches it off, for good. */
  stop(): void;
  /** {@link stop}: `using`. */
  [Symbol.dispose](): void;
}

const MAX_NAME = 128;
const MAX_TEXT = 256;

/**
 * Logs what goes over the wire, from now on until it is stopped: a line when a connection opens, closes, fails or runs out of time,
 * and for each frame a line with its description and a hexdump. While no log is on, it costs nothing.
 *
 * ```ts
 * const log = wireLog({ only: (connection) => connection.remoteAddress === '10.1.2.3' });
 * setTimeout(() => log.stop(), 10_000);
 * ```
 *
 * What the codec calls secret is not shown: neither the bytes of such a message nor, on that connection from then on, the texts of
 * errors, which may quote it. The text of an error that is not Wirewright's is never shown.
 *
 * What `only` or `write` throws, or `write` rejects with, stops the log and becomes a process warning, `WIRE_LOG_FAILED`. What
 * happens on a connection while they are called is not logged.
 *
 * @throws {InvalidOptionError} an option is unknown or out of range
 */
export function wireLog(options: WireLogOptions = {}): WireLog {
  return new ChannelLog(options);
}

class ChannelLog implements WireLog {
  readonly #chosen: (connection: AnyConnection) => boolean;
  readonly #write: (text: string) => unknown;
  readonly #maxBytes: number;
  readonly #subscriptions: (() => void)[];
  /** Connections that were chosen: one that is closed has lost its address, and would not be chosen any more. */
  readonly #followed = new WeakSet<AnyConnection>();
  /** Connections that have carried what must not be shown. */
  readonly #secretive = new WeakSet<AnyConnection>();
  #stopped = false;
  /** Whether an event is being logged: the log of what that causes would have no end. */
  #telling = false;

  constructor(options: WireLogOptions) {
    knownOptions('wireLog()', options, ['only', 'write', 'maxBytes']);
    const { only, write = stderrWriter() } = options;
    if (typeof write !== 'function') throw new InvalidOptionError('write must be a function that takes text');
    this.#chosen = choice(only);
    this.#write = write;
    this.#maxBytes = integerOption('maxBytes', options.maxBytes ?? 256, 0);
    // What is subscribed must not throw: that would be an uncaught exception.
    this.#subscriptions = [
      subscribe(channels.connectionOpen, ({ connection }) => this.#tell(connection, () => opened(connection))),
      subscribe(channels.connectionTimeout, ({ connection, error }) =>
        this.#tell(connection, () => `timeout: ${error === undefined ? 'idle' : codeOf(error)}`),
      ),
      subscribe(channels.connectionError, (event) => this.#tell(event.connection, () => this.#failed(event))),
      subscribe(channels.connectionClose, ({ connection, reason }) => {
        this.#tell(connection, () => `closed: ${reason}`);
        if (connection === only) this.stop();
      }),
      subscribe(channels.frameIn, (frame) => this.#tell(frame.connection, () => this.#frame('<-', frame))),
      subscribe(channels.frameOut, (frame) => this.#tell(frame.connection, () => this.#frame('->', frame))),
    ];
  }

  stop(): void {
    this.#stopped = true;
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #tell(connection: AnyConnection, what: () => string): void {
    if (this.#stopped || this.#telling) return;
    this.#telling = true;
    try {
      if (!this.#follows(connection)) return;
      const result = this.#write(`${timeOfDay()} ${printable(connection.name, MAX_NAME)} ${what()}\n`);
      if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.#break(error));
    } catch (error) {
      this.#break(error);
    } finally {
      this.#telling = false;
    }
  }

  #follows(connection: AnyConnection): boolean {
    if (this.#followed.has(connection)) return true;
    if (!this.#chosen(connection)) return false;
    this.#followed.add(connection);
    return true;
  }

  #frame(arrow: string, { connection, message, bytes }: FrameSeen): string {
    const size = `${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}`;
    const description = describe(connection, message);
    const text = description === undefined ? "the codec's describe failed" : printable(description.text, MAX_TEXT);
    const line = text === '' ? `${arrow} ${size}` : `${arrow} ${size}: ${text}`;
    const secret = description?.secret ?? true;
    if (secret) this.#secretive.add(connection);
    if (bytes.length === 0 || this.#maxBytes === 0) return line;
    const dump = secret ? `${size} not shown` : hexdump(bytes, this.#maxBytes);
    return `${line}\n${dump.replaceAll(/^/gm, '  ')}`;
  }

  #failed({ connection, error }: ConnectionFailed): string {
    const code = `error ${codeOf(error!)}`;
    if (this.#secretive.has(connection)) return `${code}, text not shown`;
    return `${code}: ${printable(textOf(error), MAX_TEXT)}`;
  }

  #break(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    process.emitWarning(
      new WireError('WIRE_LOG_FAILED', `the wire log has stopped: ${describeCause(error)}`, { cause: error }),
    );
  }
}

function subscribe<Event>(channel: Channel<unknown, Event>, listener: (event: Event) => void): () => void {
  const subscriber = (event: unknown): void => listener(event as Event);
  channel.subscribe(subscriber);
  return () => channel.unsubscribe(subscriber);
}

/** @throws {InvalidOptionError} `only` chooses nothing */
function choice(only: WireLogOptions['only']): (connection: AnyConnection) => boolean {
  if (only === undefined) return () => true;
  if (only instanceof Connection) return (connection) => connection === only;
  if (typeof only === 'function') return only;
  throw new InvalidOptionError('only must be a connection, or a function that says which connections to log');
}

/** A console writes as it has to be done: that nobody reads stderr any more is no error. */
function stderrWriter(): (text: string) => void {
  const console = new Console(process.stderr);
  return (text) => console.log(text.slice(0, -1));
}

function opened({ remoteAddress, remotePort }: AnyConnection): string {
  return remoteAddress === undefined ? 'open' : `open: ${printable(remoteAddress, MAX_NAME)} port ${remotePort}`;
}

/** Undefined when the codec's `describe` does not do what it should: then nobody knows what may be shown. */
function describe(connection: AnyConnection, message: unknown): Description | undefined {
  try {
    const { text, secret } = connection.describe(message) as Partial<Record<keyof Description, unknown>>;
    return typeof text === 'string' && typeof secret === 'boolean' ? { text, secret } : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: Error): string {
  return printable(error instanceof WireError ? error.code : error.name, MAX_NAME);
}

/** What an error of ours says. A foreign one in it may quote a message that nobody has described yet: of that, only the kind. */
function textOf(error: unknown): string {
  if (error instanceof HookError) return `${error.hook} failed: ${textOf(error.cause)}`;
  if (error instanceof DecodeError) return `the codec failed to decode: ${textOf(error.cause)}`;
  if (error instanceof EncodeError) return `the codec failed to encode: ${textOf(error.cause)}`;
  if (error instanceof WireError) return error.message;
  return error instanceof Error ? error.name : typeof error;
}

function timeOfDay(): string {
  const now = new Date();
  return `${now.toTimeString().slice(0, 8)}.${String(now.getMilliseconds()).padStart(3, '0')}`;
}

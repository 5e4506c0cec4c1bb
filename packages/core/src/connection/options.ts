import type { CodecFactory } from '../codec/codec.ts';
import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Hooks } from './hooks.ts';
import type { WaterMarks } from './write-loop.ts';

/** What can be set for every connection, however it is made. */
export interface ConnectionOptions<Data = unknown> {
  /** Makes the `data` of each connection. */
  readonly data?: (() => Data) | undefined;
  /** Keeps the connection open for sending when the peer has ended. Default false: it closes once everything is answered. */
  readonly halfOpen?: boolean | undefined;
  /** Unsent bytes above which `send` returns false. Default 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /** Unsent bytes at which a sender that waits may go on. Default 16 KiB. */
  readonly lowWaterMark?: number | undefined;
  /** Milliseconds that the peer has to end after `close()`, before the socket is destroyed. Default 5000. */
  readonly closeTimeout?: number | undefined;
  /** Where time comes from. Default the machine's. */
  readonly clock?: Clock | undefined;
}

/** The names of {@link ConnectionOptions}. */
const CONNECTION_OPTIONS: readonly string[] = [
  'data',
  'halfOpen',
  'highWaterMark',
  'lowWaterMark',
  'closeTimeout',
  'clock',
];

/** Which side a connection is: it shows in its name, and servers hold back peers that do not read. */
export type ConnectionRole = 'server' | 'client' | 'connection';

/** The options of a connection as it uses them: made once, shared by all connections of a server or client. */
export interface ConnectionSettings<In, Out, Data> {
  readonly role: ConnectionRole;
  readonly codec: CodecFactory<In, Out> | undefined;
  readonly hooks: Hooks<In, Out, Data>;
  readonly data: (() => Data) | undefined;
  readonly halfOpen: boolean;
  readonly marks: WaterMarks;
  readonly closeTimeout: number;
  readonly clock: Clock;
  /** Called before `onClose`. */
  readonly onClosed?: (connection: Connection<In, Out, Data>) => void;
}

/** Longest delay that a timer can have. */
export const MAX_DELAY: number = 2 ** 31 - 1;

/**
 * Checks and completes options.
 *
 * @param of what they are the options of, for messages
 * @param more options that are known besides {@link CONNECTION_OPTIONS}
 * @throws {InvalidOptionError} an option is unknown or out of range
 */
export function connectionSettings<In, Out, Data>(
  of: string,
  role: ConnectionRole,
  codec: CodecFactory<In, Out> | undefined,
  hooks: Hooks<In, Out, Data>,
  options: ConnectionOptions<Data>,
  more: readonly string[] = [],
): ConnectionSettings<In, Out, Data> {
  knownOptions(of, options, [...more, ...CONNECTION_OPTIONS]);
  const { data, halfOpen = false, clock = systemClock } = options;
  if (data !== undefined && typeof data !== 'function')
    throw new InvalidOptionError('data must be a function that makes the data');
  const high = integerOption('highWaterMark', options.highWaterMark ?? 64 * 1024, 0);
  const low = integerOption('lowWaterMark', options.lowWaterMark ?? Math.min(16 * 1024, high), 0, high);
  const closeTimeout = integerOption('closeTimeout', options.closeTimeout ?? 5000, 0, MAX_DELAY);
  return { role, codec, hooks, data, halfOpen, marks: { low, high }, closeTimeout, clock };
}

import type { CodecFactory } from '../codec/codec.ts';
import { InvalidOptionError } from '../codec/errors.ts';
import { booleanOption, integerOption, knownOptions } from '../codec/options.ts';
import { type Clock, clockOption, systemClock } from './clock.ts';
import type { Connection } from './connection.ts';
import { type DeadlineSettings, pollInterval } from './deadlines.ts';
import type { Hooks } from './hooks.ts';
import type { WaterMarks } from './write-loop.ts';

/** What can be set for every connection, however it is made. */
export interface ConnectionOptions<Data = unknown> {
  /** Makes the `data` of each connection. Default: it is undefined. */
  readonly data?: (() => Data) | undefined;
  /** Keeps the connection open for sending when the peer has ended. Default false: it closes once everything is answered. */
  readonly halfOpen?: boolean | undefined;
  /** Unsent bytes above which `send` returns false. Default 64 KiB. */
  readonly highWaterMark?: number | undefined;
  /** Unsent bytes at which a sender that waits may go on. Default 16 KiB. */
  readonly lowWaterMark?: number | undefined;
  /**
   * Unsent bytes beyond which a connection is broken off when still more is sent. Default 16 MiB, or twice the frame limit if that is
   * more.
   */
  readonly maxBufferedBytes?: number | undefined;
  /** Milliseconds without a byte either way, and without a hook at work, after which the connection closes. Default false: never. */
  readonly idleTimeout?: number | false | undefined;
  /** Milliseconds from the first byte of a frame to its last. Default 30,000. */
  readonly frameTimeout?: number | false | undefined;
  /**
   * Milliseconds for which the peer may take nothing of what was sent. Default 30,000. The kernel makes room for more in large steps, so
   * a peer that reads less than about 40 KB a second may look as if it took nothing.
   */
  readonly stallTimeout?: number | false | undefined;
  /**
   * Milliseconds that a promise of `onConnect` has to settle, and as many before that for a TLS handshake and the header of a proxy.
   * Default 10,000.
   */
  readonly handshakeTimeout?: number | false | undefined;
  /**
   * Milliseconds that the peer has to end after `close()`, or after it has taken the last of what was sent before, until the socket is
   * destroyed. Default 5000.
   */
  readonly closeTimeout?: number | undefined;
  /** Finds out whether a silent peer is still there. Default false: does not. */
  readonly heartbeat?: HeartbeatOptions<Data> | false | undefined;
  /** Where time comes from. Default the machine's. */
  readonly clock?: Clock | undefined;
}

/** When a peer that is silent is pinged, and when it is given up. */
export interface HeartbeatTiming {
  /** Milliseconds of silence after which the peer is pinged, and again while it stays silent. Default 10,000. */
  readonly interval?: number | undefined;
  /** How many pings may go unanswered; then the connection closes. Any byte received is an answer. Default 3. */
  readonly misses?: number | undefined;
}

/** How a silent peer is asked whether it is still there. */
export interface HeartbeatOptions<Data = unknown> extends HeartbeatTiming {
  /** Sends something that the peer answers. That a request of it fails for want of an answer is no error. */
  // oxlint-disable-next-line typescript/no-explicit-any -- one ping may serve connections of every protocol
  readonly ping: (connection: Connection<any, any, Data>) => unknown;
}

/** The names of {@link ConnectionOptions}. */
export const CONNECTION_OPTIONS: readonly string[] = [
  'data',
  'halfOpen',
  'highWaterMark',
  'lowWaterMark',
  'maxBufferedBytes',
  'idleTimeout',
  'frameTimeout',
  'stallTimeout',
  'handshakeTimeout',
  'closeTimeout',
  'heartbeat',
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
  /** Unsent bytes, of a codec with the default limit on frames. */
  readonly maxBufferedBytes: number | undefined;
  readonly deadlines: DeadlineSettings;
  readonly ping: HeartbeatOptions<Data>['ping'] | undefined;
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
  booleanOption('halfOpen', halfOpen);
  clockOption(clock);
  const high = integerOption('highWaterMark', options.highWaterMark ?? 64 * 1024, 0);
  const low = integerOption('lowWaterMark', options.lowWaterMark ?? Math.min(16 * 1024, high), 0, high);
  const maxBufferedBytes =
    options.maxBufferedBytes === undefined
      ? undefined
      : integerOption('maxBufferedBytes', options.maxBufferedBytes, high);
  const deadlines = deadlineSettings(options);
  const ping = heartbeatOf(options)?.ping;
  return { role, codec, hooks, data, halfOpen, marks: { low, high }, maxBufferedBytes, deadlines, ping, clock };
}

function deadlineSettings<Data>(options: ConnectionOptions<Data>): DeadlineSettings {
  const idle = timeoutOption('idleTimeout', options.idleTimeout ?? false);
  const frame = timeoutOption('frameTimeout', options.frameTimeout ?? 30_000);
  const stall = timeoutOption('stallTimeout', options.stallTimeout ?? 30_000);
  const handshake = timeoutOption('handshakeTimeout', options.handshakeTimeout ?? 10_000);
  const close = integerOption('closeTimeout', options.closeTimeout ?? 5000, 0, MAX_DELAY);
  const heartbeat = heartbeatSettings(heartbeatOf(options));
  const interval = pollInterval([idle, frame, stall, heartbeat?.interval ?? 0]);
  return { idle, frame, stall, handshake, close, heartbeat, interval };
}

function heartbeatOf<Data>({ heartbeat }: ConnectionOptions<Data>): HeartbeatOptions<Data> | undefined {
  return heartbeat === false ? undefined : heartbeat;
}

function heartbeatSettings<Data>(options: HeartbeatOptions<Data> | undefined): DeadlineSettings['heartbeat'] {
  if (options === undefined) return undefined;
  knownOptions('heartbeat', options, ['interval', 'misses', 'ping']);
  if (typeof options.ping !== 'function')
    throw new InvalidOptionError('heartbeat needs a ping: a function that sends one');
  return {
    interval: integerOption('interval of the heartbeat', options.interval ?? 10_000, 1, MAX_DELAY),
    misses: integerOption('misses of the heartbeat', options.misses ?? 3, 1),
  };
}

/**
 * A time limit in ms, or 0 for none.
 *
 * @throws {InvalidOptionError} it is neither a positive integer nor false
 */
export function timeoutOption(name: string, value: number | false): number {
  return value === false ? 0 : integerOption(name, value, 1, MAX_DELAY);
}

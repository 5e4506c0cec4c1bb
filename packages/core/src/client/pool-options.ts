import { InvalidOptionError } from '../codec/errors.ts';
import { integerOption, knownOptions } from '../codec/options.ts';
import { type Clock, clockOption, systemClock } from '../connection/clock.ts';
import { MAX_DELAY, timeoutOption } from '../connection/options.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { EXCHANGE_OPTIONS, type ExchangeOptions, exchangeSettings } from '../exchange/options.ts';
import type { LatencyRecorder } from '../observe/latency.ts';
import type { Dialer } from './dial.ts';

/** Options of a {@link Pool}: how many connections, how long to wait for one, and those of the exchange on each. */
export interface PoolOptions<In, Out = In> extends Omit<ExchangeOptions<In, Out>, 'maxWaiting'> {
  /** Makes a connection whose messages nobody takes yet, as `client.connect` does, or rejects. The pool owns it from then on. */
  readonly dial: Dialer<In, Out>;
  /**
   * Gets each new connection before it is used, to log in, say: what it returns is waited for. When it fails, so has the dial.
   * `dialTimeout` includes it. Default none.
   */
  readonly onConnect?: ((exchange: Exchange<In, Out>) => unknown) | undefined;
  /** Connections that are kept though nobody needs them. Default 0. */
  readonly minConnections?: number | undefined;
  /** Connections there are at most. Default 8, or `minConnections` if that is more. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds after which a connection that nobody used is closed. Default 30,000; false for never. */
  readonly idleTimeout?: number | false | undefined;
  /** Milliseconds that making a connection may take. Default 15,000. */
  readonly dialTimeout?: number | undefined;
  /** Requests that wait for a connection with room, or for the first one; those beyond are refused. Default 65,536. */
  readonly maxWaiting?: number | undefined;
  /** Milliseconds that a request waits for one. Default 10,000; false for as long as it takes. */
  readonly waitTimeout?: number | false | undefined;
  /** Where time comes from. Default the machine's. */
  readonly clock?: Clock | undefined;
}

const POOL_OPTIONS = [
  'dial',
  'onConnect',
  'minConnections',
  'maxConnections',
  'idleTimeout',
  'dialTimeout',
  'maxWaiting',
  'waitTimeout',
  'clock',
];

/** {@link PoolOptions} as a pool uses them; times in ms, 0 for as long as it takes. */
export interface PoolSettings<In, Out> {
  readonly dialer: Dialer<In, Out>;
  readonly onConnect: PoolOptions<In, Out>['onConnect'];
  readonly minConnections: number;
  readonly maxConnections: number;
  readonly idleTimeout: number;
  readonly dialTimeout: number;
  readonly maxWaiting: number;
  readonly waitTimeout: number;
  readonly clock: Clock;
  /** Of each connection, and what of it the pool itself has to know. */
  readonly exchange: ExchangeOptions<In, Out>;
  readonly window: number;
  readonly latency: LatencyRecorder | undefined;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function poolSettings<In, Out>(options: PoolOptions<In, Out>): PoolSettings<In, Out> {
  knownOptions('a pool', options, [...POOL_OPTIONS, ...EXCHANGE_OPTIONS.filter((name) => name !== 'maxWaiting')]);
  const { dial, onConnect, clock = systemClock, byId, window, timeout, isPush, onPush, maxPushes, views } = options;
  if (typeof dial !== 'function') {
    throw new InvalidOptionError(
      'a pool needs a dialer: { dial: ({ signal }) => client.connect({ port, signal }) }, or client.pool({ port })',
    );
  }
  if (onConnect !== undefined && typeof onConnect !== 'function')
    throw new InvalidOptionError('onConnect must be a function');
  const given = { byId, window, timeout, isPush, onPush, maxPushes, views, latency: options.latency };
  // One recorder for all connections.
  const { latency, window: size } = exchangeSettings('a pool', given);
  const minConnections = integerOption('minConnections', options.minConnections ?? 0, 0);
  return {
    dialer: dial,
    onConnect,
    minConnections,
    maxConnections: integerOption(
      'maxConnections',
      options.maxConnections ?? Math.max(8, minConnections),
      Math.max(1, minConnections),
    ),
    idleTimeout: timeoutOption('idleTimeout', options.idleTimeout ?? 30_000),
    dialTimeout: integerOption('dialTimeout', options.dialTimeout ?? 15_000, 1, MAX_DELAY),
    maxWaiting: integerOption('maxWaiting', options.maxWaiting ?? 65_536, 1),
    waitTimeout: timeoutOption('waitTimeout', options.waitTimeout ?? 10_000),
    clock: clockOption(clock),
    exchange: { ...given, latency },
    window: size,
    latency,
  };
}

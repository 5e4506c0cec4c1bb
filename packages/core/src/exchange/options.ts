import { InvalidOptionError } from '../codec/errors.ts';
import { booleanOption, integerOption, knownOptions, signalOption } from '../codec/options.ts';
import { timeoutOption } from '../connection/options.ts';
import { type LatencyOption, type LatencyRecorder, latencyRecorder } from '../observe/latency.ts';

/** Tells which reply answers which request, by a value that both bear and that no two requests in flight share. */
export interface Matching<In, Out> {
  /** The id of a request; anything but undefined. */
  request(message: Out): unknown;
  /** The id of the request that `message` answers; undefined when it bears none. */
  reply(message: In): unknown;
}

/** How an exchange matches replies, how many requests it has in flight, and for how long. */
export interface ExchangeOptions<In, Out = In> {
  /** How replies are matched. Default: first in, first out, as protocols without ids have it. */
  readonly byId?: Matching<In, Out> | undefined;
  /** Requests that are sent before the first of them is answered. Default 1024. */
  readonly window?: number | undefined;
  /** Requests that wait for room in the window or on the socket; those beyond are refused. Default 65,536. */
  readonly maxWaiting?: number | undefined;
  /** Milliseconds from a request to its reply, unless the request says otherwise. Default 30,000; false for no limit. */
  readonly timeout?: number | false | undefined;
  /** Whether a message is sent by the peer on its own, and answers no request. Default: none is. */
  readonly isPush?: ((message: In) => boolean) | undefined;
  /**
   * Takes those messages, in order. A promise that it returns does not hold the replies, since it may be waiting for one of them; a
   * rejection closes the connection. Without it they are dropped.
   */
  readonly onPush?: ((message: In) => unknown) | undefined;
  /** Pushes that may be at work before reading is held. Default 1024. */
  readonly maxPushes?: number | undefined;
  /** Records how long replies take, in nanoseconds: true for a histogram of its own, or what takes them. Default false. */
  readonly latency?: LatencyOption | undefined;
  /** Gives `collect` messages as they lie where they were received, valid until it returns. Default false: they are retained first. */
  readonly views?: boolean | undefined;
}

/** For one request, or for one pipeline. */
export interface RequestOptions {
  /** Gives up when it is aborted: the promise is rejected with the signal's reason, and a reply that comes later is dropped. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the reply has to be complete, waiting to be sent included; false for no limit. Default that of the exchange. */
  readonly timeout?: number | false | undefined;
}

/** The names of {@link ExchangeOptions}. */
export const EXCHANGE_OPTIONS: readonly string[] = [
  'byId',
  'window',
  'maxWaiting',
  'timeout',
  'isPush',
  'onPush',
  'maxPushes',
  'latency',
  'views',
];

/** {@link ExchangeOptions} as an exchange uses them. */
export interface ExchangeSettings<In, Out> {
  readonly byId: Matching<In, Out> | undefined;
  readonly window: number;
  readonly maxWaiting: number;
  readonly timeout: number;
  readonly isPush: ((message: In) => boolean) | undefined;
  readonly onPush: ((message: In) => unknown) | undefined;
  readonly maxPushes: number;
  readonly latency: LatencyRecorder | undefined;
  readonly views: boolean;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function exchangeSettings<In, Out>(of: string, options: ExchangeOptions<In, Out>): ExchangeSettings<In, Out> {
  knownOptions(of, options, EXCHANGE_OPTIONS);
  const { byId, isPush, onPush } = options;
  if (byId !== undefined && (typeof byId.request !== 'function' || typeof byId.reply !== 'function')) {
    throw new InvalidOptionError('byId takes two functions: { request: (message) => id, reply: (message) => id }');
  }
  for (const [name, hook] of [['isPush', isPush] as const, ['onPush', onPush] as const]) {
    if (hook !== undefined && typeof hook !== 'function') throw new InvalidOptionError(`${name} must be a function`);
  }
  return {
    byId,
    window: integerOption('window', options.window ?? 1024, 1),
    maxWaiting: integerOption('maxWaiting', options.maxWaiting ?? 65_536, 0),
    timeout: timeoutOption('timeout', options.timeout ?? 30_000),
    isPush,
    onPush,
    maxPushes: integerOption('maxPushes', options.maxPushes ?? 1024, 1),
    latency: latencyRecorder(options.latency),
    views: booleanOption('views', options.views ?? false),
  };
}

/**
 * How long a request may take, in ms; 0 for as long as it likes.
 *
 * @throws {InvalidOptionError} an option is out of range
 */
export function requestTimeout(options: RequestOptions, standard: number): number {
  knownOptions('a request', options, ['signal', 'timeout']);
  const { timeout } = options;
  signalOption(options.signal);
  return timeout === undefined ? standard : timeoutOption('timeout', timeout);
}

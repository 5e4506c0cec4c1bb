import type { Buffer } from 'node:buffer';

import {
  type BackoffOptions,
  Client,
  type ClientOptions,
  type Clock,
  type Connection,
  type HeartbeatTiming,
  InvalidOptionError,
  readPlaces,
  type SocketOptions,
  systemClock,
  timeoutOption,
  type TlsClientOptions,
} from '@wirewright/core';
import {
  booleanOption,
  choiceOption,
  type CodecFactory,
  type FrameBody,
  integerOption,
  knownOptions,
} from '@wirewright/core/codec';

import { type AnyBatch, batchCodec } from './batch.ts';
import type { AnyCall } from './call.ts';
import { BinaryDialect } from './dialect/binary-dialect.ts';
import type { Credentials, Dialect } from './dialect/dialect.ts';
import { MetaDialect } from './dialect/meta-dialect.ts';
import { TextDialect } from './dialect/text-dialect.ts';
import type { Decoder } from './dialect/values.ts';
import type { Distribution } from './distribution/distribution.ts';
import { ketama } from './distribution/ketama.ts';
import { Keys } from './keys.ts';
import { type MemcachedPlace, readServer, type ReadyServer } from './places.ts';
import type { Serializer } from './values/serializer.ts';
import { bytes } from './values/serializers.ts';

/** How a client and its servers understand each other; `meta` needs memcached 1.6, `text` any, and `binary` one that still has it. */
export type ClientProtocol = 'meta' | 'text' | 'binary';

/**
 * What happens to the keys of a server that is down.
 *
 * | mode          | their calls                                                                                             |
 * | ------------- | ------------------------------------------------------------------------------------------------------- |
 * | `fail-fast`   | fail at once with {@link ServerDownError}                                                               |
 * | `next-server` | go to the others, as if it had been removed: more misses, and old values when it comes back             |
 * | a gutter pool | go to servers that are kept for that, and store nothing there for longer than `ttl` seconds, 10 by default |
 */
export type FailureMode =
  | 'fail-fast'
  | 'next-server'
  | { readonly gutter: readonly MemcachedPlace[]; readonly ttl?: number | undefined };

/** Where the servers are, what is said to them, and what happens when one fails. */
export interface MemcachedClientOptions<In = FrameBody, Out = Buffer> extends SocketOptions {
  /** Default `meta`. */
  readonly protocol?: ClientProtocol | undefined;
  /** Makes bytes of values and back. Default {@link bytes}. */
  readonly values?: Serializer<In, Out> | undefined;
  /** Which server has which key. Default `ketama()`. */
  readonly distribution?: Distribution | undefined;
  /** What happens to the keys of a server that is down. Default `fail-fast`. */
  readonly failure?: FailureMode | undefined;
  /** Failures in a row that eject a server. Default 3. */
  readonly failures?: number | undefined;
  /** Pauses between the probes of an ejected server, with jitter. Default 50 ms to 10,000 ms. */
  readonly reconnect?: BackoffOptions | undefined;
  /** Connections to each server at most. Default 1: calls do not wait for each other on it. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds that a call may take, everything included; false for no limit. Default 2000. */
  readonly timeout?: number | false | undefined;
  /** Milliseconds that connecting may take. Default 1000. */
  readonly connectTimeout?: number | undefined;
  /** Pings a silent connection every `interval` ms, and closes it when `misses` pings went unanswered. Default 10,000 and 3; false for none. */
  readonly heartbeat?: HeartbeatTiming | false | undefined;
  /** Encrypts. Default false. */
  readonly tls?: boolean | TlsClientOptions | undefined;
  /** Logs in: with SASL PLAIN in the binary protocol, else as memcached's `-Y` has it. Default: does not. */
  readonly username?: string | undefined;
  /** Goes with `username`. */
  readonly password?: string | undefined;
  /** What all keys begin with, unseen by whoever gives or gets them. Default none. */
  readonly prefix?: string | undefined;
  /** Sends the SHA-256 of a key that is too long in its place. Default false: it is refused. */
  readonly hashLongKeys?: boolean | undefined;
  /** Longest value in bytes, sent or received: what the servers have as `-I`. Default 1 MiB. */
  readonly maxItemSize?: number | undefined;
  /** Calls that may wait for the answers of one server. Default 65,536. */
  readonly maxWaiting?: number | undefined;
  /** Where time comes from. Default the machine's. */
  readonly clock?: Clock | undefined;
}

const NAMES: readonly (keyof MemcachedClientOptions)[] = [
  'protocol',
  'values',
  'distribution',
  'failure',
  'failures',
  'reconnect',
  'maxConnections',
  'timeout',
  'connectTimeout',
  'noDelay',
  'keepAlive',
  'heartbeat',
  'tls',
  'username',
  'password',
  'prefix',
  'hashLongKeys',
  'maxItemSize',
  'maxWaiting',
  'clock',
];

/** What each server of a client needs. */
export interface ServerSettings {
  /** Makes the connections of the pools. */
  readonly client: Client<unknown, AnyBatch>;
  /** Makes the dialect of a server, which has `post` send what nobody waits for. */
  readonly dialect: (post: (call: AnyCall) => void) => Dialect;
  /** The codec of single commands, and how connections with it are made. */
  readonly frames: CodecFactory<unknown, unknown>;
  readonly connection: ClientOptions<unknown, unknown>;
  readonly maxConnections: number;
  readonly timeout: number | false;
  readonly dialTimeout: number;
  readonly failures: number;
  readonly reconnect: BackoffOptions;
  readonly credentials: Credentials | undefined;
  readonly maxWaiting: number;
  readonly clock: Clock;
  /** What pings a connection. */
  readonly pings: WeakMap<Connection<unknown, AnyBatch>, () => Promise<void>>;
}

/** {@link MemcachedClientOptions} as a client uses them. */
export interface ClientSettings<In, Out> {
  readonly protocol: ClientProtocol;
  readonly places: readonly ReadyServer[];
  readonly gutter: readonly ReadyServer[];
  /** Seconds that values live in the gutter pool at most. */
  readonly gutterTtl: number;
  readonly nextServer: boolean;
  readonly values: Serializer<In, Out>;
  readonly distribution: Distribution;
  readonly keys: Keys;
  readonly maxItemSize: number;
  readonly tls: boolean | TlsClientOptions | undefined;
  readonly server: ServerSettings;
}

const DIALECTS = { meta: MetaDialect, text: TextDialect, binary: BinaryDialect } as const;

const BINARY_KEYS = { meta: 'base64', text: 'refused', binary: 'as they are' } as const;

/** @throws {InvalidOptionError} one is no server, or there is none; an option is unknown or out of range */
export function clientSettings<In, Out>(
  servers: MemcachedPlace | readonly MemcachedPlace[],
  options: MemcachedClientOptions<In, Out>,
): ClientSettings<In, Out> {
  knownOptions('new MemcachedClient()', options, NAMES);
  const protocol = choiceOption('protocol', options.protocol ?? 'meta', ['meta', 'text', 'binary']);
  const values = options.values ?? (bytes as unknown as Serializer<In, Out>);
  if (typeof values.encode !== 'function' || typeof values.decode !== 'function') {
    throw new InvalidOptionError('values must be a serializer: bytes, text, json(), mixed, or { encode, decode }');
  }
  const distribution = options.distribution ?? ketama();
  if (typeof distribution !== 'function') {
    throw new InvalidOptionError('distribution must be a function: ketama(), rendezvous, or one of your own');
  }
  const { tls, failure = 'fail-fast', prefix = '' } = options;
  if (typeof prefix !== 'string') throw new InvalidOptionError('prefix must be text');
  const hashLongKeys = booleanOption('hashLongKeys', options.hashLongKeys ?? false);
  const maxItemSize = integerOption('maxItemSize', options.maxItemSize ?? 1024 * 1024, 1024, 1024 ** 3);
  return {
    protocol,
    places: readPlaces('the servers', servers, (place) => readServer(place, tls)),
    values,
    distribution,
    ...failureSettings(failure, tls),
    keys: new Keys({ prefix, hashLongKeys, binaryKeys: BINARY_KEYS[protocol] }),
    maxItemSize,
    tls,
    server: serverSettings(options, protocol, values, maxItemSize),
  };
}

function failureSettings(
  failure: FailureMode,
  tls: boolean | TlsClientOptions | undefined,
): { nextServer: boolean; gutter: readonly ReadyServer[]; gutterTtl: number } {
  if (typeof failure === 'string') {
    choiceOption('failure', failure, ['fail-fast', 'next-server']);
    return { nextServer: failure === 'next-server', gutter: [], gutterTtl: 0 };
  }
  knownOptions('failure', failure, ['gutter', 'ttl']);
  const gutterTtl = integerOption('ttl of the gutter pool', failure.ttl ?? 10, 1);
  return {
    nextServer: false,
    gutter: readPlaces('the gutter pool', failure.gutter, (place) => readServer(place, tls)),
    gutterTtl,
  };
}

function serverSettings(
  options: MemcachedClientOptions<never, unknown>,
  protocol: ClientProtocol,
  decoder: Decoder,
  maxItemSize: number,
): ServerSettings {
  const { noDelay, keepAlive, clock = systemClock, heartbeat = {}, reconnect = {} } = options;
  if (heartbeat !== false) knownOptions('heartbeat', heartbeat, ['interval', 'misses']);
  knownOptions('reconnect', reconnect, ['minDelay', 'maxDelay']);
  const pings: ServerSettings['pings'] = new WeakMap();
  const connectTimeout = integerOption('connectTimeout', options.connectTimeout ?? 1000, 1);
  const timeout = options.timeout ?? 2000;
  timeoutOption('timeout', timeout);
  const Kind = DIALECTS[protocol];
  const frames = Kind.codec(maxItemSize) as CodecFactory<unknown, unknown>;
  const connection = { noDelay, keepAlive, connectTimeout, clock };
  const client = new Client<unknown, AnyBatch>({
    ...connection,
    codec: batchCodec(frames) as CodecFactory<unknown, AnyBatch>,
    heartbeat: heartbeat === false ? false : { ...heartbeat, ping: (to) => pings.get(to)?.() },
  });
  return {
    client,
    dialect: (post) => new Kind(decoder, post),
    frames,
    connection,
    maxConnections: integerOption('maxConnections', options.maxConnections ?? 1, 1),
    timeout,
    dialTimeout: connectTimeout + (timeout === false ? connectTimeout : timeout),
    failures: integerOption('failures', options.failures ?? 3, 1),
    reconnect,
    credentials: credentialsOf(options),
    maxWaiting: integerOption('maxWaiting', options.maxWaiting ?? 65_536, 1),
    clock,
    pings,
  };
}

function credentialsOf({ username, password }: MemcachedClientOptions<never, unknown>): Credentials | undefined {
  if (username === undefined && password === undefined) return undefined;
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw new InvalidOptionError('username and password come together, as text');
  }
  if (/[\0\r\n ]/.test(username) || /[\0\r\n]/.test(password)) {
    throw new InvalidOptionError('a username has no spaces, and neither it nor a password has line ends');
  }
  return { username, password };
}

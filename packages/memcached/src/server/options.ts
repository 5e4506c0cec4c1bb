import type { MemcachedTextServerOptions } from '@wirewright/codec-memcached-text';
import { InvalidOptionError, SERVER_OPTIONS, type ServerOptions } from '@wirewright/core';
import { booleanOption, choiceOption, integerOption, knownOptions } from '@wirewright/core/codec';

import { MemoryStore, type MemoryStoreOptions } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import type { MemcachedReply, MemcachedRequest } from './handlers.ts';
import { type Login, loginOf, type Users } from './login.ts';

/** Which of the protocols a server speaks: `'auto'` finds out by the first byte of each connection. */
export type MemcachedProtocol = 'auto' | 'text' | 'binary';

/** Those of a `Server`, whose codec is given, of the store, and of what peers may do. */
export interface MemcachedServerOptions<Data = unknown>
  extends Omit<ServerOptions<MemcachedRequest, MemcachedReply, Data>, 'codec'>, Omit<MemoryStoreOptions, 'wall'> {
  /** What the items are kept in. Default a {@link MemoryStore} with `memoryLimit`, `evict`, `cas` and `maxItemSize`, which go with no other. */
  readonly store?: Store | undefined;
  /** Bytes of an item with its key and about 60 bytes around it: more is refused, and dropped as it comes. Default 1 MiB. */
  readonly maxItemSize?: number | undefined;
  /** Default `'auto'`. */
  readonly protocol?: MemcachedProtocol | undefined;
  /** Whose answers are given where versions of memcached differ, and which version is told. Default `'1.6.18'`. */
  readonly compat?: MemcachedTextServerOptions['compat'];
  /**
   * Who may log in; nobody else is served. With `protocol: 'text'` a client logs in with a first `set`, whose value is `<user> <password>`;
   * without, by SASL PLAIN, which only the binary protocol has, and no other is spoken then. Default: everybody is served.
   */
  readonly users?: Users | undefined;
  /** Whether clients may flush. Default true. */
  readonly allowFlush?: boolean | undefined;
  /** Whether clients may shut the server down. Default false. */
  readonly allowShutdown?: boolean | undefined;
  /** Whether clients may watch what happens. Default true. */
  readonly allowWatch?: boolean | undefined;
  /** Whether clients may list keys. Default true. */
  readonly allowDump?: boolean | undefined;
  /** What ends the prefix of a key, by which `stats detail` counts. Default `':'`. */
  readonly prefixDelimiter?: string | undefined;
  /** Whether `stats detail` counts from the start. Default false: a client turns it on. */
  readonly details?: boolean | undefined;
}

const STORE_OPTIONS = ['memoryLimit', 'evict', 'cas'] as const;

const OWN_OPTIONS = [
  'store',
  'maxItemSize',
  'protocol',
  'compat',
  'users',
  'allowFlush',
  'allowShutdown',
  'allowWatch',
  'allowDump',
  'prefixDelimiter',
  'details',
  ...STORE_OPTIONS,
] as const;

const OPTIONS: readonly string[] = [...OWN_OPTIONS, ...SERVER_OPTIONS.filter((name) => name !== 'codec')];

/** The options of a memcached server as it uses them. */
export interface MemcachedSettings {
  readonly store: Store;
  readonly maxItemSize: number;
  readonly protocol: MemcachedProtocol;
  readonly compat: '1.6.18' | '1.6.45';
  readonly login: Login | undefined;
  readonly allowFlush: boolean;
  readonly allowShutdown: boolean;
  readonly allowWatch: boolean;
  readonly allowDump: boolean;
  readonly prefixDelimiter: string;
  readonly details: boolean;
  readonly idleTimeout: number;
  readonly maxConnections: number;
}

/** The limit of connections that a server has unless it is told otherwise. */
const DEFAULT_MAX_CONNECTIONS = 65_536;

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function memcachedSettings<Data>(options: MemcachedServerOptions<Data>): MemcachedSettings {
  if (typeof options === 'object' && options !== null && 'codec' in options)
    throw new InvalidOptionError(
      'a memcached server has its codecs; maxItemSize and compat are what can be set of them',
    );
  knownOptions('new MemcachedServer()', options, OPTIONS);
  const { store, users, prefixDelimiter = ':' } = options;
  const maxItemSize = integerOption('maxItemSize', options.maxItemSize ?? 1024 * 1024, 1024, 1024 ** 3);
  const protocol = choiceOption('protocol', options.protocol ?? 'auto', ['auto', 'text', 'binary']);
  if (typeof prefixDelimiter !== 'string' || prefixDelimiter === '')
    throw new InvalidOptionError('prefixDelimiter must be a text of at least one character');
  if (store !== undefined) checkStore(store, options);
  const login = users === undefined ? undefined : loginOf(users);
  return {
    store: store ?? new MemoryStore({ ...given(options, STORE_OPTIONS), maxItemSize }),
    maxItemSize,
    // SASL is a thing of the binary protocol: text would be a way in without it.
    protocol: login !== undefined && protocol === 'auto' ? 'binary' : protocol,
    compat: choiceOption('compat', options.compat ?? '1.6.18', ['1.6.18', '1.6.45']),
    login,
    allowFlush: booleanOption('allowFlush', options.allowFlush ?? true),
    allowShutdown: booleanOption('allowShutdown', options.allowShutdown ?? false),
    allowWatch: booleanOption('allowWatch', options.allowWatch ?? true),
    allowDump: booleanOption('allowDump', options.allowDump ?? true),
    prefixDelimiter,
    details: booleanOption('details', options.details ?? false),
    idleTimeout: options.idleTimeout === undefined || options.idleTimeout === false ? 0 : options.idleTimeout,
    maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
  };
}

/** The options that are for the server underneath. */
export function serverOptions<Data>(
  options: MemcachedServerOptions<Data>,
): ServerOptions<MemcachedRequest, MemcachedReply, Data> {
  const own: ReadonlySet<string> = new Set(OWN_OPTIONS);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !own.has(name)));
}

function checkStore(store: Store, options: object): void {
  const methods = ['get', 'peek', 'store', 'delete', 'arithmetic', 'touch', 'claim', 'flush', 'items', 'tick'] as const;
  const missing = methods.find((name) => typeof (store as Partial<Store> | null)?.[name] !== 'function');
  if (missing !== undefined) throw new InvalidOptionError(`store must be a Store: it has no ${missing}()`);
  const [other] = Object.keys(given(options, STORE_OPTIONS));
  if (other !== undefined)
    throw new InvalidOptionError(`${other} is for the store that the server makes, not for one that is given`);
}

function given(options: object, names: readonly string[]): MemoryStoreOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}

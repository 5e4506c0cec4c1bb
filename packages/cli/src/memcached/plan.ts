import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { ListenOptions, TlsServerOptions } from '@wirewright/core';
import type { MemcachedServerOptions } from '@wirewright/memcached';

import { refusalOf, warningsOf } from '../shared/effects.ts';
import { Exit, ExitStatus } from '../shared/exit.ts';
import type { Given } from '../shared/read-options.ts';
import { helpText } from './help.ts';
import { readPasswords } from './password-file.ts';
import { readPlaces } from './places.ts';
import { readArguments, readSuboptions } from './read-arguments.ts';

/** What memcached's command line asks for. */
export interface Plan {
  readonly server: MemcachedServerOptions;
  readonly listens: readonly ListenOptions[];
  /** Lines about options that have no effect. */
  readonly warnings: readonly string[];
  /** How many `-v` there were. */
  readonly verbosity: number;
  readonly daemon: boolean;
  readonly pidFile: string | undefined;
  readonly user: string | undefined;
  /** The file of passwords, to be read again at SIGHUP. */
  readonly passwordFile: string | undefined;
  /** Whether `stats sizes` has something to tell from the start. */
  readonly trackSizes: boolean;
  /** The file that gets a line for each port. */
  readonly portFile: string | undefined;
}

const MEGABYTE = 1024 * 1024;
const GIGABYTE = 1024 * MEGABYTE;

/** The versions that can be answered as. */
type Compat = '1.6.18' | '1.6.45';

const PROTOCOLS = { auto: 'auto', ascii: 'text', binary: 'binary' } as const;
const MIN_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/**
 * What arguments and environment ask for, of memcached's.
 *
 * @throws {Exit} the process is to end instead: for help, or because of a mistake, with memcached's message and status
 */
export function planOf(args: readonly string[], environment: NodeJS.ProcessEnv): Plan {
  return new Planner(readArguments(args), environment).plan();
}

class Planner {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #given: readonly Given[];
  readonly #extended: readonly Given[];
  /** Of what was given several times, the last. */
  readonly #values: ReadonlyMap<string, string>;
  readonly #suboptions: ReadonlyMap<string, string>;

  constructor(given: readonly Given[], environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
    this.#given = given;
    this.#extended = given
      .filter(({ option }) => option.long === 'extended')
      .flatMap(({ value }) => readSuboptions(value));
    this.#values = valuesOf(this.#given);
    this.#suboptions = valuesOf(this.#extended);
  }

  plan(): Plan {
    const compat = this.#compat();
    if (this.#has('help')) throw new Exit(ExitStatus.Ok, helpText(compat));
    if (this.#has('version')) throw new Exit(ExitStatus.Ok, `memcached ${compat}`);
    if (this.#has('license')) throw new Exit(ExitStatus.Ok, 'wirewright is licensed under the MIT license.');
    this.#refuse();
    const passwordFile = this.#value('auth-file');
    return {
      server: this.#server(compat, passwordFile),
      listens: this.#listens(),
      warnings: this.#warnings(),
      verbosity: this.#given.filter(({ option }) => option.long === 'verbose').length,
      daemon: this.#has('daemon'),
      pidFile: absolute(this.#value('pidfile')),
      user: this.#value('user'),
      passwordFile: absolute(passwordFile),
      trackSizes: this.#extended.some(({ written }) => written === '-o track_sizes'),
      portFile: absolute(this.#environment['MEMCACHED_PORT_FILENAME']),
    };
  }

  #server(compat: Compat, passwordFile: string | undefined): MemcachedServerOptions {
    const megabytes = integer(this.#value('memory-limit') ?? '64', 0);
    const maxItemSize = this.#itemSize(megabytes * MEGABYTE);
    const users = this.#users(passwordFile);
    const idle = integer(this.#suboption('idle_timeout') ?? '0', 0);
    const delimiter = this.#value('prefix-delimiter');
    const maxConnections = this.#atLeastOne('conn-limit', 'Maximum connections must be greater than 0') ?? 1024;
    this.#atLeastOne('threads', 'Number of threads must be greater than 0');
    this.#atLeastOne('max-reqs-per-event', 'Number of requests per event must be greater than 0');
    this.#atLeastOne('slab-min-size', 'Chunk size must be greater than 0');
    if (Number(this.#value('slab-growth-factor') ?? 2) <= 1)
      throw new Exit(ExitStatus.Failure, 'Factor must be greater than 1');
    return {
      compat,
      memoryLimit: megabytes * MEGABYTE,
      maxItemSize,
      maxConnections,
      maxConnectionsPerAddress: maxConnections,
      evict: !this.#has('disable-evictions'),
      cas: !this.#has('disable-cas'),
      protocol: passwordFile === undefined ? this.#protocol() : 'text',
      ...(users === undefined ? {} : { users }),
      allowShutdown: this.#has('enable-shutdown'),
      allowFlush: !this.#has('disable-flush-all'),
      allowDump: !this.#has('disable-dumping'),
      allowWatch: !this.#has('disable-watch'),
      ...(delimiter === undefined ? {} : { prefixDelimiter: delimiter.slice(0, 1), details: true }),
      idleTimeout: idle === 0 ? false : idle * 1000,
    };
  }

  #compat(): Compat {
    const compat = this.#value('compat') ?? '1.6.18';
    if (compat === '1.6.18' || compat === '1.6.45') return compat;
    throw new Exit(ExitStatus.Usage, `--compat is 1.6.18 or 1.6.45, not ${compat}`);
  }

  #protocol(): 'auto' | 'text' | 'binary' {
    const name = this.#value('protocol') ?? 'auto';
    if (Object.hasOwn(PROTOCOLS, name)) return PROTOCOLS[name as keyof typeof PROTOCOLS];
    throw new Exit(
      ExitStatus.Usage,
      `Invalid value for binding protocol: ${name}\n -- should be one of auto, binary, or ascii`,
    );
  }

  #itemSize(memory: number): number {
    const text = this.#value('max-item-size') ?? '1m';
    const [, digits, unit] = /^(\d+)([kKmM]?)$/.exec(text) ?? [];
    const bytes = digits === undefined ? 0 : Number(digits) * unitOf(unit!);
    if (bytes < 1024) throw new Exit(ExitStatus.Usage, 'Item max size cannot be less than 1024 bytes.');
    if (bytes > memory / 2)
      throw new Exit(ExitStatus.Usage, 'Cannot set item size limit higher than 1/2 of memory max.');
    if (bytes > GIGABYTE) throw new Exit(ExitStatus.Usage, 'Cannot set item size limit higher than a gigabyte.');
    return bytes;
  }

  #users(passwordFile: string | undefined): Record<string, string> | undefined {
    if (passwordFile !== undefined) {
      return read(
        passwordFile,
        (path) => readPasswords(path),
        (error) => {
          return new Exit(ExitStatus.Failure, `Could not open authfile [${passwordFile}] for reading, error ${error}`);
        },
      );
    }
    if (!this.#has('enable-sasl')) return undefined;
    const path = this.#environment['MEMCACHED_SASL_PWDB'];
    if (path === undefined)
      throw new Exit(
        ExitStatus.Failure,
        'Error initializing sasl.\nMEMCACHED_SASL_PWDB must name a file of user:password lines',
      );
    return read(
      path,
      (file) => readPasswords(file),
      (error) => new Exit(ExitStatus.Failure, `Error initializing sasl.\n${error}`),
    );
  }

  // ---------------------------------------------------------------- where

  #listens(): ListenOptions[] {
    const backlog = Math.max(1, integer(this.#value('listen-backlog') ?? '1024', 1));
    const tls = this.#tls();
    const path = this.#value('unix-socket');
    if (path !== undefined) return [{ path: resolve(path), backlog, mode: this.#mode() }];
    const port = this.#port();
    const lists = this.#given.filter(({ option }) => option.long === 'listen');
    if (port === undefined && lists.length === 0) return [];
    const places = lists.flatMap(({ value }) => readPlaces(value, port ?? 0));
    if (places.length === 0) places.push({ host: undefined, port: port ?? 0, plain: false });
    return places.map(({ host, port: its, plain }) => ({ port: its, host, backlog, tls: plain ? undefined : tls }));
  }

  /** The TCP port; 0 for a free one; `undefined` for none. */
  #port(): number | undefined {
    const text = this.#value('port') ?? '11211';
    if (text === '0') return undefined;
    if (text === '-1') return 0;
    if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
    throw new Exit(ExitStatus.Usage, `ERROR: Invalid port number ${text}.`);
  }

  #mode(): number {
    const text = this.#value('unix-mask') ?? '700';
    if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8) & 0o777;
    throw new Exit(ExitStatus.Usage, `-a is a mask in octal, not ${text}`);
  }

  #tls(): TlsServerOptions | undefined {
    if (!this.#has('enable-ssl')) return undefined;
    const chain = this.#suboption('ssl_chain_cert');
    if (chain === undefined)
      throw new Exit(ExitStatus.Usage, 'Missing ssl_chain_cert: -Z needs -o ssl_chain_cert=<file>');
    const format = this.#suboption('ssl_keyformat') ?? 'PEM';
    if (format.toUpperCase() !== 'PEM') throw new Exit(ExitStatus.Usage, `ssl_keyformat is PEM, not ${format}`);
    const authority = this.#suboption('ssl_ca_cert');
    const ciphers = this.#suboption('ssl_ciphers');
    const verify = integer(this.#suboption('ssl_verify_mode') ?? '0', 0);
    const cert = readPem(chain);
    return {
      cert,
      key: readPem(this.#suboption('ssl_key') ?? chain),
      ...(authority === undefined ? {} : { ca: readPem(authority) }),
      ...(ciphers === undefined ? {} : { ciphers }),
      minVersion: minVersion(this.#suboption('ssl_min_version') ?? '2'),
      requestCert: verify > 0,
      rejectUnauthorized: verify > 1,
    };
  }

  // ---------------------------------------------------------------- what does not work

  #refuse(): void {
    const refusal = refusalOf([...this.#given, ...this.#extended]);
    if (refusal !== undefined) throw new Exit(ExitStatus.Usage, refusal);
  }

  #warnings(): string[] {
    return warningsOf([...this.#given, ...this.#extended], isHarmless);
  }

  // ---------------------------------------------------------------- looking

  #has(long: string): boolean {
    return this.#given.some(({ option }) => option.long === long);
  }

  #value(long: string): string | undefined {
    return this.#values.get(long);
  }

  #suboption(name: string): string | undefined {
    return this.#suboptions.get(name);
  }

  #atLeastOne(long: string, message: string): number | undefined {
    const text = this.#value(long);
    if (text === undefined) return undefined;
    const value = integer(text, -1);
    if (value < 1) throw new Exit(ExitStatus.Failure, message);
    return value;
  }
}

function valuesOf(given: readonly Given[]): ReadonlyMap<string, string> {
  return new Map(given.map(({ option, value }) => [option.long, value]));
}

/** Whether it says what is the case anyway. */
function isHarmless({ option: { long }, value }: Given): boolean {
  return (long === 'udp-port' && value === '0') || (long === 'threads' && value === '1');
}

function unitOf(unit: string): number {
  if (unit === '') return 1;
  return unit.toLowerCase() === 'k' ? 1024 : MEGABYTE;
}

/** Digits as an integer; `otherwise` for anything else. */
function integer(text: string, otherwise: number): number {
  return /^\d+$/.test(text) ? Number(text) : otherwise;
}

function minVersion(text: string): (typeof MIN_VERSIONS)[number] {
  const name = text.toLowerCase();
  const version =
    MIN_VERSIONS[/^\d$/.test(name) ? Number(name) : ['tlsv1.0', 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'].indexOf(name)];
  if (version === undefined) throw new Exit(ExitStatus.Usage, `Invalid ssl_min_version: ${text}`);
  return version;
}

function readPem(path: string): string {
  return read(
    path,
    (file) => readFileSync(file, 'utf8'),
    (error) => new Exit(ExitStatus.Usage, `TLS: ${error}`),
  );
}

function read<T>(path: string, reader: (path: string) => T, refusal: (error: string) => Exit): T {
  try {
    return reader(path);
  } catch (error) {
    throw refusal((error as Error).message);
  }
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined || path === '' ? undefined : resolve(path);
}

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

import type { ListenOptions, TlsServerOptions } from '@wirewright/core';
import type { JobServerOptions } from '@wirewright/gearman';

import { refusalOf, warningsOf } from '../shared/effects.ts';
import { Exit, ExitStatus } from '../shared/exit.ts';
import type { Given } from '../shared/read-options.ts';
import { addressOf } from './address-of.ts';
import { helpText } from './help.ts';
import { type Level, LEVELS, type LogTarget } from './log.ts';
import type { Queue } from './queue.ts';
import { mistake, readArguments } from './read-arguments.ts';

/** What gearmand's command line asks for. */
export interface Plan {
  readonly server: JobServerOptions;
  readonly listen: ListenOptions;
  /** Where background jobs are kept. */
  readonly queue: Queue;
  /** Lines about options that have no effect. */
  readonly warnings: readonly string[];
  readonly level: Level;
  readonly log: LogTarget;
  readonly daemon: boolean;
  readonly pidFile: string | undefined;
  readonly user: string | undefined;
}

/** The version that is answered as. */
const VERSION = '1.1.20';

/** What a number can be at most: 32 bits, as in gearmand. */
const MAX_NUMBER = 2 ** 32 - 1;
/** Bytes of a prefix that leave room for the number of a job. */
const MAX_PREFIX = 46;
const KEEP_ALIVE = 30;

/** Queues that gearmand may be built with, and we have not. */
const OTHER_QUEUES: ReadonlySet<string> = new Set(['libsqlite3', 'sqlite3', 'libmemcached', 'redis', 'mysql']);

/**
 * What arguments ask for, of gearmand's.
 *
 * @throws {Exit} the process is to end instead: for help, or because of a mistake, which is status 1 as in gearmand
 */
export function planOf(args: readonly string[]): Plan {
  return new Planner(readArguments(args)).plan();
}

class Planner {
  readonly #given: readonly Given[];
  readonly #values: ReadonlyMap<string, string>;

  constructor(given: readonly Given[]) {
    this.#given = given;
    this.#values = new Map(given.map(({ option, value }) => [option.long, value]));
  }

  plan(): Plan {
    if (this.#has('help')) throw new Exit(ExitStatus.Ok, helpText(VERSION));
    if (this.#has('version')) throw new Exit(ExitStatus.Ok, `gearmand ${VERSION}`);
    const refusal = refusalOf(this.#given);
    if (refusal !== undefined) throw mistake(refusal);
    this.#checkUnused();
    const pidFile = this.#values.get('pid-file');
    const listen = this.#listen();
    const plan: Plan = {
      server: this.#server(),
      listen,
      queue: this.#queue(listen.port!),
      warnings: warningsOf(this.#given, isHarmless),
      level: this.#level(),
      log: this.#log(),
      daemon: this.#has('daemon'),
      pidFile: pidFile === undefined ? undefined : resolve(pidFile),
      user: this.#values.get('user'),
    };
    if (this.#has('check-args')) throw new Exit(ExitStatus.Ok);
    return plan;
  }

  #server(): JobServerOptions {
    const connections = this.#number('file-descriptors', 1);
    const attempts = this.#number('job-retries') ?? 0;
    const idle = Number(this.#values.get('keepalive-idle') ?? -1);
    if (!Number.isInteger(idle)) throw invalid('keepalive-idle', this.#values.get('keepalive-idle')!);
    const wakeUp = this.#number('worker-wakeup') ?? 0;
    const handlePrefix = this.#prefix();
    return {
      version: VERSION,
      // Of so many attempts, the first is none again.
      defaults: attempts === 0 ? {} : { retries: { lost: attempts - 1, timeout: attempts - 1 } },
      wakeUp: wakeUp === 0 ? 'all' : wakeUp,
      timeoutUnit: this.#timeoutUnit(),
      allowShutdown: this.#has('enable-shutdown'),
      keepAlive: (idle < 1 ? KEEP_ALIVE : idle) * 1000,
      ...(handlePrefix === undefined ? {} : { handlePrefix }),
      ...(connections === undefined ? {} : { maxConnections: connections, maxConnectionsPerAddress: connections }),
    };
  }

  #prefix(): string | undefined {
    const prefix = this.#values.get('job-handle-prefix');
    if (prefix === undefined) return undefined;
    if (/^[\x21-\x7e]+$/.test(prefix) && prefix.length <= MAX_PREFIX) return prefix;
    throw mistake(`--job-handle-prefix has 1 to ${MAX_PREFIX} letters and no space`);
  }

  #timeoutUnit(): 'ms' | 's' | 'auto' {
    const unit = this.#values.get('timeout-unit') ?? 'ms';
    if (unit === 'ms' || unit === 's' || unit === 'auto') return unit;
    throw mistake(`--timeout-unit is ms, s or auto, not ${unit}`);
  }

  #listen(): ListenOptions {
    const host = this.#values.get('listen');
    const tls = this.#tls();
    return {
      port: this.#number('port', 0, 65_535) ?? 4730,
      backlog: Math.max(1, this.#number('backlog') ?? 32),
      ...(host === undefined || host === '' ? {} : { host }),
      ...(tls === undefined ? {} : { tls }),
    };
  }

  #tls(): TlsServerOptions | undefined {
    if (!this.#has('ssl')) return undefined;
    const cert = this.#pem('ssl-certificate');
    const key = this.#pem('ssl-key');
    if (cert === undefined || key === undefined) throw mistake('--ssl needs --ssl-certificate and --ssl-key');
    const ca = this.#pem('ssl-ca-file');
    return { cert, key, ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }) };
  }

  #pem(long: string): string | undefined {
    const path = this.#values.get(long);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      throw mistake(`--${long}: ${(error as Error).message}`);
    }
  }

  #queue(port: number): Queue {
    const type = this.#values.get('queue-type') ?? 'builtin';
    switch (type.toLowerCase()) {
      case 'builtin':
        return { type: 'builtin' };
      case 'level':
        return { type: 'level', path: resolve(this.#needed('level-path', type)) };
      case 'postgres': {
        const connection = addressOf(this.#needed('libpq-conninfo', type));
        return { type: 'postgres', connection, name: this.#values.get('queue-name') ?? `${hostname()}:${port}` };
      }
      default:
        throw mistake(
          OTHER_QUEUES.has(type.toLowerCase())
            ? `there is no queue ${type}: --queue-type=level --level-path=<folder> keeps jobs without a database`
            : `Error while initializing the queue : ${type}`,
        );
    }
  }

  #needed(long: string, queue: string): string {
    const value = this.#values.get(long);
    if (value === undefined || value === '') throw mistake(`--queue-type=${queue} needs --${long}`);
    return value;
  }

  #level(): Level {
    const name = this.#values.get('verbose') ?? 'ERROR';
    const level = LEVELS.find((one) => one === name);
    if (level === undefined) throw mistake('Invalid value for --verbose supplied');
    return level;
  }

  #log(): LogTarget {
    const name = this.#values.get('log-file') ?? 'stderr';
    return name === 'stderr' || name === 'none' ? name : { file: resolve(name) };
  }

  /** What has no effect is still to be what it is in gearmand. */
  #checkUnused(): void {
    for (const long of ['threads', 'http-port']) this.#number(long);
    for (const long of ['keepalive-interval', 'keepalive-count']) {
      const text = this.#values.get(long);
      if (text !== undefined && !/^-?\d+$/.test(text)) throw invalid(long, text);
    }
    if (this.#number('hashtable-buckets') === 0) throw mistake('hashtable-buckets has to be greater than 0');
  }

  #has(long: string): boolean {
    return this.#values.has(long);
  }

  #number(long: string, min: number = 0, max: number = MAX_NUMBER): number | undefined {
    const text = this.#values.get(long);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw invalid(long, text);
  }
}

function invalid(long: string, value: string): Exit {
  return mistake(`the argument ('${value}') for option '--${long}' is invalid`);
}

/** Whether it says what is the case anyway. */
function isHarmless({ option: { long }, value }: Given): boolean {
  return long === 'threads' && (value === '1' || value === '0');
}

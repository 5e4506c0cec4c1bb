import { hostname } from 'node:os';

import type { GearmanOutput, Packet, RefusedFrame, TextLine } from '@wirewright/codec-gearman';
import { InvalidOptionError, SERVER_OPTIONS, type ServerOptions, systemClock, timeoutOption } from '@wirewright/core';
import { booleanOption, choiceOption, integerOption, knownOptions } from '@wirewright/core/codec';

import type { JobStore } from '../store/job-store.ts';
import type { BoardSettings } from './board-settings.ts';
import { type FunctionOptions, type FunctionPolicy, functionPolicy } from './function-policy.ts';
import { nextTime } from './schedule.ts';
import type { ServiceSettings, TimeoutUnit } from './service-settings.ts';

/** What a job server receives. */
export type JobServerInput = Packet | TextLine | RefusedFrame;

/** Those of a `Server`, whose codec is given, and what holds for jobs, functions and the store. */
export interface JobServerOptions<Data = unknown> extends Omit<
  ServerOptions<JobServerInput, GearmanOutput, Data>,
  'codec'
> {
  /** What keeps background jobs, so that they outlive the server. Default: they are in memory only. */
  readonly store?: JobStore | undefined;
  /** How the jobs of all functions are done. Default: as {@link FunctionOptions} says of each. */
  readonly defaults?: FunctionOptions | undefined;
  /** How the jobs of a function are done, by its name: instead of `defaults`. */
  readonly functions?: Readonly<Record<string, FunctionOptions>> | undefined;
  /** The unit of CAN_DO_TIMEOUT: gearmand has milliseconds, Perl seconds; `'auto'` takes what is below 1000 for seconds. Default `'ms'`. */
  readonly timeoutUnit?: TimeoutUnit | undefined;
  /** What a worker is answered whose job was taken from it meanwhile: an error, as in gearmand, or nothing. Default `'error'`. */
  readonly lateResults?: 'error' | 'ignore' | undefined;
  /** How many workers are woken for a job, or `'all'`, as in gearmand. Default 1, and one more as long as nobody comes for it. */
  readonly wakeUp?: number | 'all' | undefined;
  /**
   * Milliseconds after which a worker that sleeps is asked whether it is still there, and after which it is cut off when it has not answered; false
   * for never. Default 60,000.
   */
  readonly probeInterval?: number | false | undefined;
  /** What handles begin with. Default `H:` and the name of the machine. At most 46 bytes of ASCII. */
  readonly handlePrefix?: string | undefined;
  /** Where schedules are in: a name of the tz database. Default that of the machine. */
  readonly timeZone?: string | undefined;
  /** Whether administrators may end the server by `shutdown`. Default false. */
  readonly allowShutdown?: boolean | undefined;
  /** The version that administrators are told. Default that of gearmand that is behaved like. */
  readonly version?: string | undefined;
  /** Longest body of a packet in bytes. Default 32 MiB. */
  readonly maxFrameLength?: number | undefined;
  /** Longest name of a function in bytes. Default 512. */
  readonly maxFunctionName?: number | undefined;
  /** Longest unique in bytes. Default 64. */
  readonly maxUnique?: number | undefined;
  /** Functions that there may be. Default 65,536. */
  readonly maxFunctions?: number | undefined;
  /** Jobs that there may be. Default 10 million. */
  readonly maxJobs?: number | undefined;
  /** Bytes that functions, uniques and payloads of all jobs may have; the last of them may go beyond. Default 1 GiB. */
  readonly maxJobBytes?: number | undefined;
  /** Milliseconds since 1970, for jobs that wait for their time. Default `Date.now`. */
  readonly wall?: (() => number) | undefined;
}

const OWN_OPTIONS = [
  'store',
  'defaults',
  'functions',
  'timeoutUnit',
  'lateResults',
  'wakeUp',
  'probeInterval',
  'handlePrefix',
  'timeZone',
  'allowShutdown',
  'version',
  'maxFrameLength',
  'maxFunctionName',
  'maxUnique',
  'maxFunctions',
  'maxJobs',
  'maxJobBytes',
  'wall',
] as const;

const OPTIONS: readonly string[] = [...OWN_OPTIONS, ...SERVER_OPTIONS.filter((name) => name !== 'codec')];

/** Digits of the number in a handle: it is at most 63 bytes (gearmand, `GEARMAND_JOB_HANDLE_SIZE`). */
const MAX_PREFIX = 46;

/** gearmand that the answers are like. */
const VERSION = '1.1.20';

/** The options of a job server as it uses them. */
export interface JobServerSettings {
  readonly board: BoardSettings;
  readonly service: ServiceSettings;
  readonly policies: ReadonlyMap<string, FunctionPolicy>;
  readonly usual: FunctionPolicy;
  readonly maxFunctions: number;
  /** 0 for never. */
  readonly probeInterval: number;
  readonly maxFrameLength: number;
  readonly allowShutdown: boolean;
  readonly version: string;
  readonly store: JobStore | undefined;
}

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function jobServerSettings<Data>(options: JobServerOptions<Data>): JobServerSettings {
  if (typeof options === 'object' && options !== null && 'codec' in options)
    throw new InvalidOptionError('a job server has its codec; maxFrameLength is what can be set of it');
  knownOptions('new JobServer()', options, OPTIONS);
  const { clock = systemClock, wall = Date.now, timeZone: zone, store, wakeUp = 1 } = options;
  if (typeof wall !== 'function') throw new InvalidOptionError('wall must be a function that tells the time');
  if (store !== undefined) checkStore(store);
  checkZone(zone);
  const maxFrameLength = integerOption('maxFrameLength', options.maxFrameLength ?? 32 * 1024 ** 2, 1024, 1024 ** 3);
  return {
    board: {
      clock,
      wall,
      zone,
      handlePrefix: prefixOption(options.handlePrefix ?? `H:${hostname()}`.slice(0, MAX_PREFIX)),
      wakeUp: wakeUp === 'all' ? Infinity : integerOption('wakeUp', wakeUp, 1),
      maxJobs: integerOption('maxJobs', options.maxJobs ?? 10_000_000, 1),
      maxJobBytes: integerOption('maxJobBytes', options.maxJobBytes ?? 1024 ** 3, 1),
    },
    service: {
      timeoutUnit: choiceOption('timeoutUnit', options.timeoutUnit ?? 'ms', ['ms', 's', 'auto']),
      ignoreLate: choiceOption('lateResults', options.lateResults ?? 'error', ['error', 'ignore']) === 'ignore',
      maxFunctionName: integerOption('maxFunctionName', options.maxFunctionName ?? 512, 1),
      maxUnique: integerOption('maxUnique', options.maxUnique ?? 64, 1),
      zone,
      wall,
    },
    policies: new Map(
      Object.entries(options.functions ?? {}).map(([name, policy]) => [
        Buffer.from(name).toString('latin1'),
        functionPolicy(`functions.${name}`, policy),
      ]),
    ),
    usual: functionPolicy('defaults', options.defaults ?? {}),
    maxFunctions: integerOption('maxFunctions', options.maxFunctions ?? 65_536, 1),
    probeInterval: timeoutOption('probeInterval', options.probeInterval ?? 60_000),
    maxFrameLength,
    allowShutdown: booleanOption('allowShutdown', options.allowShutdown ?? false),
    version: options.version ?? VERSION,
    store,
  };
}

/** The options that are for the server underneath. */
export function serverOptions<Data>(
  options: JobServerOptions<Data>,
): ServerOptions<JobServerInput, GearmanOutput, Data> {
  const own: ReadonlySet<string> = new Set(OWN_OPTIONS);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !own.has(name)));
}

function prefixOption(prefix: string): string {
  if (typeof prefix !== 'string' || !/^[\x21-\x7e]+$/.test(prefix) || prefix.length > MAX_PREFIX)
    throw new InvalidOptionError(`handlePrefix must be 1 to ${MAX_PREFIX} printable ASCII characters without spaces`);
  return prefix;
}

function checkZone(zone: string | undefined): void {
  if (zone === undefined) return;
  try {
    nextTime('0 0 * * *', 0, zone);
  } catch (error) {
    throw new InvalidOptionError(`timeZone must be a name of the tz database, not ${zone}`, { cause: error });
  }
}

function checkStore(store: JobStore): void {
  const methods = ['open', 'reserve', 'commit', 'close'] as const;
  const missing = methods.find((name) => typeof (store as Partial<JobStore> | null)?.[name] !== 'function');
  if (missing !== undefined) throw new InvalidOptionError(`store must be a JobStore: it has no ${missing}()`);
}

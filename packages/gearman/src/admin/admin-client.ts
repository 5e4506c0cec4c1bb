import { type CloseOptions, type CloseResult, readPlace, type ServerPlace } from '@wirewright/core';
import { booleanOption, choiceOption, integerOption, knownOptions } from '@wirewright/core/codec';

import { USUAL_PORT } from '../usual-port.ts';
import { AdminLink } from './admin-link.ts';
import { type AdminCallOptions, type AdminOptions, adminSettings } from './admin-options.ts';
import { checkLine, checkWord } from './command-line.ts';
import { AdminError } from './errors.ts';
import { jsonOf, numberOf, okOf, versionOf } from './lines.ts';
import {
  type AdminClientRow,
  type AdminJobRow,
  type AdminPriorityStatusRow,
  type AdminShownJob,
  type AdminStatusRow,
  type AdminWorkerRow,
  clientRows,
  jobRows,
  priorityStatusRows,
  shownJobs,
  statusRows,
  workerRows,
} from './rows.ts';

/** How many jobs a function may have, by priority; none is no limit. */
export interface AdminMaxQueue {
  /** Of high priority. Default: no limit. */
  readonly high?: number | undefined;
  /** Of normal priority. Default: no limit. */
  readonly normal?: number | undefined;
  /** Of low priority. Default: no limit. */
  readonly low?: number | undefined;
}

/**
 * An administrator of one Gearman server, by its text protocol: of gearmand, of Perl's Gearman::Server, and of {@link JobServer}. Not every
 * server has every command; what it has not is rejected with an {@link AdminError} that is `unsupported`.
 *
 * ```ts
 * const admin = new AdminClient('jobs1:4730');
 * for (const { function: name, total } of await admin.status()) console.log(name, total);
 * ```
 *
 * It connects with the first command, and anew with the next one after the connection was lost. Commands may be asked at once: they are answered
 * in order.
 *
 * Names are decoded as utf-8. gearmand and Gearman::Server print them as they are, so names with a tab, an end of line or, in `workers`, a space
 * can be such that they read as others, or as rows of their own. Nothing of that reaches the answer to another command. `JobServer` prints
 * controls as `%xx`.
 *
 * Each command rejects with:
 *
 * @throws {AdminError} (rejects) the server answered `ERR`
 * @throws {UnexpectedReplyError} (rejects) it answered what cannot be the answer; closes the connection
 * @throws {AnswerTooLongError} (rejects) the lines of the answer are over `maxAnswerLength`; closes the connection
 * @throws {InvalidNameError} (rejects) a word is empty, or has a space or a control character; nothing was sent
 * @throws {RequestTimeoutError} (rejects) there was no answer in time
 * @throws {ConnectionLostError} (rejects) the connection was lost first; `sent` says whether the server may have done it
 * @throws {ConnectError} (rejects) the server cannot be reached
 * @throws {QueueFullError} (rejects) too many commands wait
 * @throws {ClosedError} (rejects) the client is closed
 * @throws {InvalidOptionError} (rejects) an option is unknown or out of range
 * @throws (rejects) the reason of `signal`
 */
export class AdminClient {
  readonly #link: AdminLink;

  /** @throws {InvalidOptionError} it is no place, or an option is unknown or out of range */
  constructor(place: ServerPlace, options: AdminOptions = {}) {
    const settings = adminSettings(options);
    this.#link = new AdminLink(readPlace('a server', place, { port: USUAL_PORT, tls: options.tls }), settings);
  }

  /** The server, `host:port` or a path. */
  get name(): string {
    return this.#link.name;
  }

  // ---------------------------------------------------------------- looking

  /** Functions, with their jobs and workers. gearmand never forgets one; Gearman::Server tells those that have jobs or workers. */
  status(options: AdminCallOptions = {}): Promise<AdminStatusRow[]> {
    return this.#ask('status', 'dot', statusRows, options);
  }

  /** Functions, with the jobs that wait, by priority, and workers. Gearman::Server has no such command. */
  priorityStatus(options: AdminCallOptions = {}): Promise<AdminPriorityStatusRow[]> {
    return this.#ask('prioritystatus', 'dot', priorityStatusRows, options);
  }

  /** Connections, with what each can do; this one is among them. */
  workers(options: AdminCallOptions = {}): Promise<AdminWorkerRow[]> {
    return this.#ask('workers', 'dot', workerRows, options);
  }

  /** All jobs. Gearman::Server has no such command. */
  showJobs(options: AdminCallOptions = {}): Promise<AdminShownJob[]> {
    return this.#ask('show jobs', 'dot', shownJobs, options);
  }

  /**
   * The uniques of all jobs; empty for a job that has none. One with an end of line in it reads as several. Gearman::Server has no such command.
   */
  showUniqueJobs(options: AdminCallOptions = {}): Promise<string[]> {
    return this.#ask('show unique jobs', 'dot', copyOf, options);
  }

  /** All jobs, with where they run and how many wait for them. gearmand has no such command. */
  jobs(options: AdminCallOptions = {}): Promise<AdminJobRow[]> {
    return this.#ask('jobs', 'dot', jobRows, options);
  }

  /** Connections, with the jobs that they wait for. gearmand has no such command. */
  clients(options: AdminCallOptions = {}): Promise<AdminClientRow[]> {
    return this.#ask('clients', 'dot', clientRows, options);
  }

  /** All that `JobServer` tells of itself and, in `functions`, of its functions. No other server has it. */
  json(options: AdminCallOptions = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#ask('json', 'line', jsonOf, options);
  }

  /** The version as the server writes it: `1.1.20+ds`; `v1.130.1` of Gearman::Server. */
  version(options: AdminCallOptions = {}): Promise<string> {
    return this.#ask('version', 'line', versionOf, options);
  }

  /** The id of the process. Gearman::Server has no such command. */
  getPid(options: AdminCallOptions = {}): Promise<number> {
    return this.#ask('getpid', 'line', numberOf, options);
  }

  /** How much the server logs, a word of gearmand's `--verbose`. Gearman::Server has no such command. */
  verbose(options: AdminCallOptions = {}): Promise<string> {
    return this.#ask('verbose', 'line', okOf, options);
  }

  // ---------------------------------------------------------------- jobs

  /** Cancels a job. Resolves with whether there was one. Gearman::Server has no such command. */
  async cancelJob(handle: string, options: AdminCallOptions = {}): Promise<boolean> {
    return this.#done(
      `cancel job ${checkWord('a handle', handle)}`,
      options,
      (error) => error.answer === 'UNKNOWN_JOB',
    );
  }

  /** Cancels the job with a unique. Resolves with whether there was one. Only `JobServer` has it. */
  async cancelUnique(name: string, unique: string, options: AdminCallOptions = {}): Promise<boolean> {
    const line = `cancel unique ${checkFunction(name)} ${checkWord('a unique', unique)}`;
    return this.#done(line, options, (error) => error.answer === 'UNKNOWN_JOB');
  }

  /** Cancels all jobs of a function. Resolves with whether there is such a function. Only `JobServer` has it. */
  async cancelFunction(name: string, options: AdminCallOptions = {}): Promise<boolean> {
    return this.#done(`cancel function ${checkFunction(name)}`, options, isNoFunction);
  }

  // ---------------------------------------------------------------- functions

  /** Makes a function that nobody can do so far, so that `status` has it. Gearman::Server has no such command. */
  async createFunction(name: string, options: AdminCallOptions = {}): Promise<void> {
    await this.#ask(`create function ${checkFunction(name)}`, 'line', okOf, options);
  }

  /**
   * Forgets a function. Resolves with whether there was one; rejects while it has workers, or jobs: gearmand minds only those that run, and
   * loses those that wait. Gearman::Server has no such command.
   */
  async dropFunction(name: string, options: AdminCallOptions = {}): Promise<boolean> {
    return this.#done(`drop function ${checkFunction(name)}`, options, isNoFunction);
  }

  /**
   * Limits the jobs of a function; without `limit` there is none any more. A number is for each of the three priorities. Gearman::Server knows
   * one limit for all: of several it takes that of `high`. gearmand limits no function that it has not seen.
   */
  async maxQueue(name: string, limit?: number | AdminMaxQueue, options: AdminCallOptions = {}): Promise<void> {
    await this.#ask(`maxqueue ${checkFunction(name)}${limitsOf(limit)}`, 'line', okOf, options);
  }

  // ---------------------------------------------------------------- the server

  /**
   * Ends the server; gracefully, when it has done its jobs. gearmand has no such command since 1.1.15, and `JobServer` only where it is told
   * so. The connection may be lost before the answer comes.
   */
  async shutdown(options: AdminCallOptions & { readonly graceful?: boolean | undefined } = {}): Promise<void> {
    const { graceful = false, ...rest } = options;
    await this.#ask(booleanOption('graceful', graceful) ? 'shutdown graceful' : 'shutdown', 'line', okOf, rest);
  }

  /**
   * Sends a command as it is, and resolves with what the server answers: one line, or with `ends: 'dot'` the lines in front of the one with a
   * dot. A command that is answered otherwise puts what follows it out of step, which closes the connection.
   */
  command(line: string, options: AdminCallOptions & { readonly ends: 'dot' }): Promise<string[]>;
  command(line: string, options?: AdminCallOptions & { readonly ends?: 'line' | undefined }): Promise<string>;
  async command(
    line: string,
    options: AdminCallOptions & { readonly ends?: 'line' | 'dot' | undefined } = {},
  ): Promise<string | string[]> {
    const { ends = 'line', ...rest } = options;
    choiceOption('ends', ends, ['line', 'dot']);
    return this.#ask<string | string[]>(line, ends, ends === 'dot' ? copyOf : ([first]) => first!, rest);
  }

  // ---------------------------------------------------------------- ending

  /**
   * Takes no more commands, and closes when those under way are answered or the grace is over.
   *
   * @throws {InvalidOptionError} `grace` is out of range
   */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    return this.#link.close(options);
  }

  /** Closes at once: commands under way are rejected. */
  destroy(): void {
    this.#link.destroy();
  }

  /** {@link close}: `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Resolves with false when the server answered what `isMissing` says. */
  async #done(line: string, options: AdminCallOptions, isMissing: (error: AdminError) => boolean): Promise<boolean> {
    try {
      await this.#ask(line, 'line', okOf, options);
      return true;
    } catch (error) {
      if (error instanceof AdminError && isMissing(error)) return false;
      throw error;
    }
  }

  async #ask<R>(
    line: string,
    ends: 'line' | 'dot',
    read: (lines: readonly string[]) => R,
    options: AdminCallOptions,
  ): Promise<R> {
    knownOptions('a command', options, ['signal', 'timeout']);
    return this.#link.ask(checkLine(line), ends, read, options);
  }
}

function checkFunction(name: string): string {
  return checkWord('the name of a function', name);
}

function isNoFunction({ text }: AdminError): boolean {
  return text === 'function not found';
}

/**
 * No limit is -1, as all servers take it: 0 is none to gearmand, and to Gearman::Server a limit that lets no job in.
 *
 * @throws {InvalidOptionError} it is no limit
 */
function limitsOf(limit: number | AdminMaxQueue | undefined): string {
  if (limit === undefined) return '';
  if (typeof limit === 'number') return ` ${integerOption('limit', limit, 1, MAX_QUEUE)}`;
  knownOptions('maxQueue()', limit, PRIORITIES);
  const given = PRIORITIES.map((name) => {
    const one = limit[name];
    return one === undefined ? -1 : integerOption(name, one, 1, MAX_QUEUE);
  });
  return ` ${given.join(' ')}`;
}

const PRIORITIES = ['high', 'normal', 'low'] as const;

/** gearmand keeps limits in 32 bits. */
const MAX_QUEUE = 2 ** 31 - 1;

function copyOf(lines: readonly string[]): string[] {
  return [...lines];
}

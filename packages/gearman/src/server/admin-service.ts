import type { TextLine } from '@wirewright/codec-gearman';

import type { AdminReports } from './admin-reports.ts';
import type { Functions } from './functions.ts';
import type { JobBoard } from './job-board.ts';
import type { JobFunction } from './job-function.ts';
import { leadingInteger } from './leading-integer.ts';

/** What an administrator can have done to the server itself. */
export interface AdminPowers {
  /** Undefined when nobody may. */
  readonly shutdown: ((graceful: boolean) => void) | undefined;
  readonly version: string;
  readonly verbosity: () => string;
}

const OK = 'OK\r\n';

/** Answers lines of the admin protocol: the commands of gearmand, and those that only Perl's Gearman::Server has. */
export class AdminService {
  readonly #board: JobBoard;
  readonly #reports: AdminReports;
  readonly #powers: AdminPowers;

  constructor(board: JobBoard, reports: AdminReports, powers: AdminPowers) {
    this.#board = board;
    this.#reports = reports;
    this.#powers = powers;
  }

  /** The answer to a line, its ends of line included. */
  answer(line: TextLine): string {
    // A line that begins with a blank has an empty command, as in gearmand.
    const [command = '', ...more] = line.latin1.split(/[ \t]+/);
    const words = more.filter((word) => word !== '');
    switch (command.toLowerCase()) {
      case 'status':
        return this.#reports.status();
      case 'prioritystatus':
        return this.#reports.priorityStatus();
      case 'workers':
        return this.#reports.workers();
      case 'jobs':
        return this.#reports.jobs();
      case 'clients':
        return this.#reports.clients();
      case 'json':
        return this.#reports.json();
      case 'show':
        return this.#show(words) ?? unknown(command);
      case 'cancel':
        return this.#cancel(words) ?? unknown(command);
      case 'create':
        return this.#create(words) ?? incomplete(command);
      case 'drop':
        return this.#drop(words) ?? incomplete(command);
      case 'maxqueue':
        return this.#maxQueue(words) ?? incomplete(command);
      case 'version':
        return `OK ${this.#powers.version}\n`;
      case 'getpid':
        return `OK ${process.pid}\n`;
      case 'verbose':
        return `OK ${this.#powers.verbosity()}\n`;
      case 'shutdown':
        return this.#shutdown(words);
      default:
        return unknown(command);
    }
  }

  get #functions(): Functions {
    return this.#board.functions;
  }

  #show([what, ...more]: readonly string[]): string | undefined {
    if (what === undefined) return undefined;
    const asked = [what, ...more].join(' ').toLowerCase();
    if (asked === 'jobs') return this.#reports.showJobs();
    return asked === 'unique jobs' ? this.#reports.showUniqueJobs() : 'ERR UNKNOWN_SHOW_ARGUMENTS\r\n';
  }

  /** `cancel job <handle>`, `cancel unique <function> <unique>`, `cancel function <function>`. */
  #cancel([what, first, second]: readonly string[]): string | undefined {
    if (first === undefined) return undefined;
    switch (what!.toLowerCase()) {
      case 'job': {
        const job = this.#board.jobs.find(first);
        return job !== undefined && this.#board.cancel(job) ? OK : 'ERR UNKNOWN_JOB\r\n';
      }
      case 'unique': {
        const job = second === undefined ? undefined : this.#functions.get(first)?.keyed.get(second);
        return job !== undefined && this.#board.cancel(job) ? OK : 'ERR UNKNOWN_JOB\r\n';
      }
      case 'function': {
        const of = this.#functions.get(first);
        if (of === undefined) return 'ERR function not found\r\n';
        this.#board.cancelAll(of);
        return OK;
      }
      default:
        return 'ERR UNKNOWN_ERROR\r\n';
    }
  }

  #create([what, name]: readonly string[]): string | undefined {
    if (name === undefined || what!.toLowerCase() !== 'function') return undefined;
    return this.#functions.make(name) === undefined ? 'ERR TOO_MANY_FUNCTIONS Too+many+functions\r\n' : OK;
  }

  #drop([what, name]: readonly string[]): string | undefined {
    if (name === undefined || what!.toLowerCase() !== 'function') return undefined;
    const of = this.#functions.get(name);
    if (of === undefined) return 'ERR function not found\r\n';
    if (of.workers.size > 0 || of.jobs > 0) return 'ERR there are still connected workers or executing clients\r\n';
    this.#functions.drop(of);
    return OK;
  }

  /** One number is for all priorities, several are for high, normal, low; what is left out, and 0 or less, is no limit. */
  #maxQueue([name, ...counts]: readonly string[]): string | undefined {
    if (name === undefined) return undefined;
    const of: JobFunction | undefined = this.#functions.make(name);
    if (of === undefined) return 'ERR TOO_MANY_FUNCTIONS Too+many+functions\r\n';
    const limit = (index: number): number => Math.max(0, leadingInteger(counts[index] ?? ''));
    for (const priority of [0, 1, 2] as const) of.limits[priority] = limit(counts.length < 2 ? 0 : priority);
    return OK;
  }

  #shutdown([how]: readonly string[]): string {
    const { shutdown } = this.#powers;
    if (how !== undefined && how.toLowerCase() !== 'graceful')
      return 'ERR unknown_args Unknown+arguments+to+server+command\r\n';
    if (shutdown === undefined) return 'ERR NOT_ALLOWED Shutdown+is+not+enabled\r\n';
    // The answer leaves first.
    setImmediate(() => shutdown(how !== undefined));
    return 'OK\n';
  }
}

/** As gearmand has it: nothing stands between the two. */
function unknown(command: string): string {
  return `ERR UNKNOWN_COMMAND Unknown+server+command${command}\r\n`;
}

function incomplete(command: string): string {
  return `ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+${command}\r\n`;
}

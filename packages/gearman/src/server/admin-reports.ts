import { Buffer } from 'node:buffer';

import { functionStatus } from './function-status.ts';
import type { JobBoard } from './job-board.ts';
import type { JobFunction } from './job-function.ts';
import type { Job } from './job.ts';
import type { Peer } from './peer.ts';

const END = '.\n';

/** Those of ASCII: above, they are parts of characters in utf-8. */
const CONTROLS = /[^\P{Cc}\u0080-\u009f]/gu;

/** What administrators are shown. Each byte of a name is a character of the text. */
export class AdminReports {
  readonly #board: JobBoard;
  readonly #peers: () => Iterable<Peer>;
  readonly #server: () => Readonly<Record<string, unknown>>;

  /** @param server what the JSON answer says of the server as a whole */
  constructor(board: JobBoard, peers: () => Iterable<Peer>, server: () => Readonly<Record<string, unknown>>) {
    this.#board = board;
    this.#peers = peers;
    this.#server = server;
  }

  /** Function, jobs, those of them that run, workers. */
  status(): string {
    return table(this.#board.functions, (of) => [printed(of.name), of.jobs, of.running, of.workers.size]);
  }

  /** Function, jobs that can be grabbed of high, normal and low priority, workers. */
  priorityStatus(): string {
    return table(this.#board.functions, (of) => [
      printed(of.name),
      ...of.ready.map((queue) => queue.length),
      of.workers.size,
    ]);
  }

  /** Every connection, the youngest first, with what it can do, the ability that it got last first. */
  workers(): string {
    let lines = '';
    for (const { abilities, connection, id } of this.#peers()) {
      let functions = '';
      for (const { name } of abilities.keys()) functions = ` ${oneWord(name)}${functions}`;
      lines = `${connection.id} ${connection.remoteAddress ?? '-'} ${id} :${functions}\n${lines}`;
    }
    return lines + END;
  }

  /** Handle, attempts that failed, whether nobody wants it any more, whether it is in the background. */
  showJobs(): string {
    return table(this.#board.jobs, (job) => [
      job.handle,
      job.attempts,
      isForNobody(job) ? 1 : 0,
      job.background ? 1 : 0,
    ]);
  }

  showUniqueJobs(): string {
    return table(this.#board.jobs, (job) => [uniqueOf(job)]);
  }

  /** Function, unique, where its worker is, clients that wait (Gearman::Server, `jobs`). */
  jobs(): string {
    return table(this.#board.jobs, (job) => [
      printed(job.function.name),
      uniqueOf(job),
      job.worker === undefined ? '-' : placeOf(job.worker),
      job.clientCount,
    ]);
  }

  /** Each client, and under it the jobs that it waits for (Gearman::Server, `clients`). */
  clients(): string {
    let text = '';
    for (const peer of this.#peers()) {
      text += `${placeOf(peer)}\n`;
      for (const job of peer.awaited) {
        const worker = job.worker === undefined ? '-' : placeOf(job.worker);
        text += `\t${printed(job.function.name)}\t${uniqueOf(job)}\t${worker}\n`;
      }
    }
    return text + END;
  }

  /** Everything about the server and its functions, as one line of JSON. */
  json(): string {
    const functions = [...this.#board.functions].map((of) => functionStatus(of, this.#board.now()));
    // Here names are read as utf-8, which JSON is in.
    return `${Buffer.from(JSON.stringify({ ...this.#server(), functions })).toString('latin1')}\n`;
  }
}

function table<Row>(rows: Iterable<Row>, columns: (row: Row) => readonly (string | number)[]): string {
  let text = '';
  for (const row of rows) text += `${columns(row).join('\t')}\n`;
  return text + END;
}

/** Whether it runs on though all that waited for it have gone: gearmand says that it ignores it. */
function isForNobody({ background, clientCount }: Job): boolean {
  return !background && clientCount === 0;
}

function uniqueOf(job: Job): string {
  return printed(job.unique.toString('latin1'));
}

function placeOf({ connection: { remoteAddress, remotePort } }: Peer): string {
  return remoteAddress === undefined ? '-' : `${remoteAddress}:${remotePort}`;
}

/** A name that ends neither its column nor its line, as it would in gearmand. */
function printed(name: JobFunction['name']): string {
  return name.replaceAll(CONTROLS, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function oneWord(name: string): string {
  return printed(name).replaceAll(' ', '%20');
}

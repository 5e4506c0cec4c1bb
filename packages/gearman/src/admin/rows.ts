import { unexpectedAnswer } from '../unexpected-answer.ts';
import { quoted } from './quoted.ts';

/** A function, by `status`. */
export interface AdminStatusRow {
  /** Its name. */
  readonly function: string;
  /** Jobs that wait or run; gearmand counts those that nobody wants any more as well. */
  readonly total: number;
  /** Those of them that run. gearmand 1.1.20 counts below zero at times, and shows that as 4294967295. */
  readonly running: number;
  /** Workers that do it. */
  readonly workers: number;
}

/** A function, by `prioritystatus`: jobs that wait, by priority. */
export interface AdminPriorityStatusRow {
  /** Its name. */
  readonly function: string;
  /** Jobs of high priority that wait. */
  readonly high: number;
  /** Jobs of normal priority that wait. */
  readonly normal: number;
  /** Jobs of low priority that wait. */
  readonly low: number;
  /** Workers that do it. */
  readonly workers: number;
}

/** A connection, by `workers`: clients and administrators are among them. */
export interface AdminWorkerRow {
  /** The number of its file descriptor, or another that the server knows it by. */
  readonly fd: number;
  /** Its IP address; `-` when it has none. */
  readonly address: string;
  /** What SET_CLIENT_ID has set; `-` when nothing has. */
  readonly id: string;
  /** What it has said that it can do. */
  readonly functions: readonly string[];
}

/** A job, by `show jobs`. */
export interface AdminShownJob {
  /** What the server calls the job. */
  readonly handle: string;
  /** Attempts that came to nothing so far. */
  readonly retries: number;
  /** Whether nobody wants its result any more. */
  readonly ignored: boolean;
  /** Whether it is in the background, so that it is stored where there is a store. */
  readonly durable: boolean;
}

/** A job, by `jobs`. */
export interface AdminJobRow {
  /** The function of the job. */
  readonly function: string;
  /** What it is the same by; empty when it is like no other. */
  readonly unique: string;
  /** Where its worker is, `127.0.0.1:4242`; undefined while it waits. */
  readonly worker: string | undefined;
  /** Clients that wait for it. */
  readonly listeners: number;
}

/** A connection and the jobs that it waits for, by `clients`. */
export interface AdminClientRow {
  /** `127.0.0.1:4242`; `-` or empty when it has none. */
  readonly address: string;
  /** The jobs that it waits for. */
  readonly jobs: readonly Omit<AdminJobRow, 'listeners'>[];
}

/** Lines of one row at most: a name with an end of line in it goes on in the next one. */
const MAX_LINES = 64;

const NUMBER = /^\d{1,20}$/;

const WORKER_START = /^\d+ \S* /;

const WORKER = /^(\d+) (\S*) ([^]*?) :(?: ([^]*))?$/;

const CLIENT = /^(?:-?|\S+:\d+)$/;

/** @throws {UnexpectedReplyError} a row cannot be read */
export function statusRows(lines: readonly string[]): AdminStatusRow[] {
  return rows('status', lines, (text) => {
    const [name, total, running, workers] = nameAndNumbers(text, 3) ?? [];
    return name === undefined ? undefined : { function: name, total: total!, running: running!, workers: workers! };
  });
}

/** @throws {UnexpectedReplyError} a row cannot be read */
export function priorityStatusRows(lines: readonly string[]): AdminPriorityStatusRow[] {
  return rows('prioritystatus', lines, (text) => {
    const [name, high, normal, low, workers] = nameAndNumbers(text, 4) ?? [];
    return name === undefined
      ? undefined
      : { function: name, high: high!, normal: normal!, low: low!, workers: workers! };
  });
}

/** @throws {UnexpectedReplyError} a row cannot be read */
export function shownJobs(lines: readonly string[]): AdminShownJob[] {
  return rows('show jobs', lines, (text) => {
    const [handle, retries, ignored, durable] = nameAndNumbers(text, 3) ?? [];
    return handle === undefined
      ? undefined
      : { handle, retries: retries!, ignored: ignored !== 0, durable: durable !== 0 };
  });
}

/** @throws {UnexpectedReplyError} a row cannot be read */
export function jobRows(lines: readonly string[]): AdminJobRow[] {
  return rows('jobs', lines, (text) => {
    const [head, listeners] = nameAndNumbers(text, 1) ?? [];
    const job = head === undefined ? undefined : waitedFor(head);
    return job === undefined ? undefined : { ...job, listeners: listeners! };
  });
}

/**
 * A row begins with two numbers of the connection, which no line that goes on with a name is likely to do.
 *
 * @throws {UnexpectedReplyError} a row cannot be read
 */
export function workerRows(lines: readonly string[]): AdminWorkerRow[] {
  const texts: string[] = [];
  for (const line of lines) {
    if (texts.length === 0 || WORKER_START.test(line)) texts.push(line);
    else texts.push(`${texts.pop()}\n${line}`);
  }
  return texts.map((text) => {
    const [, fd, address, id, functions = ''] = WORKER.exec(text) ?? unreadable('workers', text);
    const names = functions.split(' ').filter((name) => name !== '');
    return { fd: Number(fd), address: address!, id: id!, functions: names };
  });
}

/** @throws {UnexpectedReplyError} a row cannot be read */
export function clientRows(lines: readonly string[]): AdminClientRow[] {
  const clients: { address: string; lines: string[] }[] = [];
  for (const line of lines) {
    if (CLIENT.test(line)) clients.push({ address: line, lines: [] });
    else (clients.at(-1) ?? unreadable('clients', line)).lines.push(line);
  }
  const jobs = (of: readonly string[]): AdminClientRow['jobs'] =>
    rows('clients', of, (text) => (text.startsWith('\t') ? waitedFor(text.slice(1)) : undefined));
  return clients.map((client) => ({ address: client.address, jobs: jobs(client.lines) }));
}

/** Rows that are known by how they end: what is none yet goes on in the next line. */
function rows<Row>(command: string, lines: readonly string[], parse: (text: string) => Row | undefined): Row[] {
  const parsed: Row[] = [];
  let text: string | undefined;
  let count = 0;
  for (const line of lines) {
    text = text === undefined ? line : `${text}\n${line}`;
    const row = parse(text);
    if (row !== undefined) {
      parsed.push(row);
      text = undefined;
      count = 0;
    } else if (++count === MAX_LINES) {
      unreadable(command, text);
    }
  }
  return text === undefined ? parsed : unreadable(command, text);
}

/** A name, which may have tabs in it, and as many numbers. */
function nameAndNumbers(text: string, count: number): [string, ...number[]] | undefined {
  const numbers: number[] = [];
  let end = text.length;
  while (numbers.length < count) {
    const tab = text.lastIndexOf('\t', end - 1);
    const digits = text.slice(tab + 1, end);
    if (tab < 0 || !NUMBER.test(digits)) return undefined;
    numbers.unshift(Number(digits));
    end = tab;
  }
  return [text.slice(0, end), ...numbers];
}

/** Function, unique, worker. A tab in the first two is taken for one of the unique's. */
function waitedFor(text: string): Omit<AdminJobRow, 'listeners'> | undefined {
  const first = text.indexOf('\t');
  const last = text.lastIndexOf('\t');
  if (first === last) return undefined;
  const worker = text.slice(last + 1);
  return {
    function: text.slice(0, first),
    unique: text.slice(first + 1, last),
    worker: worker === '-' ? undefined : worker,
  };
}

function unreadable(command: string, text: string): never {
  throw unexpectedAnswer(`a row of ${command}`, quoted(text));
}

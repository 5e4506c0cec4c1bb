import { Buffer } from 'node:buffer';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { packetRules } from '@wirewright/codec-gearman';

import { frame } from '../codec-gearman/frames.ts';

const HEADER = 12;

const rules = packetRules.filter((rule) => rule !== undefined);
const byName = new Map<string, number>(rules.map(({ name, type }) => [name, type]));
const byType = new Map(rules.map((rule) => [rule.type, rule]));

/** A packet to a client or worker: the name of it, or a number that has none, and its arguments. */
export function response(what: string | number, ...args: readonly (string | Uint8Array)[]): Buffer {
  return frame('RES', typeof what === 'number' ? what : byName.get(what)!, ...args);
}

/** What a server does with a packet of a name, in place of what a good one does. */
type Duty = (visit: Visit, args: readonly string[]) => void;

/** How a server behaves. */
export interface Script {
  /** In the moment in which somebody connects. */
  readonly connected?: (visit: Visit) => void;
  /** By the name of the packet, or the line. */
  readonly packets?: Readonly<Record<string, Duty>>;
  /** For packets that `packets` does not name. */
  readonly others?: Duty;
}

/** Somebody who is connected to the server. */
export class Visit {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(what: string | number, ...args: readonly (string | Uint8Array)[]): void {
    this.bytes(response(what, ...args));
  }

  bytes(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }
}

/** A job that the server gives to a worker. */
export interface GivenJob {
  readonly function: string;
  readonly payload: string;
}

/**
 * A server that does what is right but for what its script says. It does each job that it is submitted itself, at once, and gives the jobs in
 * `jobs` to whoever asks.
 */
export class BadServer {
  script: Script;
  /** Connections so far. */
  connects = 0;
  /** What has come: `SUBMIT_JOB f  payload`, arguments apart by spaces. */
  readonly received: string[] = [];
  /** What workers are to be given, the next one first. */
  readonly jobs: GivenJob[] = [];
  readonly #listener: Server;
  readonly #visits = new Set<Visit>();
  #handles = 0;

  static async start(script: Script = {}): Promise<BadServer> {
    const listener = createServer({ noDelay: true });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return new BadServer(script, listener);
  }

  private constructor(script: Script, listener: Server) {
    this.script = script;
    this.#listener = listener.on('connection', (socket) => this.#welcome(socket));
  }

  get place(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  get visits(): readonly Visit[] {
    return [...this.#visits];
  }

  /** Has a worker do a job, and wakes those who sleep. */
  give(...jobs: readonly GivenJob[]): void {
    this.jobs.push(...jobs);
    for (const visit of this.#visits) visit.send('NOOP');
  }

  /** What has come of packets with this name. */
  of(name: string): string[] {
    return this.received.filter((line) => line.split(' ')[0] === name);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener.close(resolve));
    for (const { socket } of this.#visits) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #welcome(socket: Socket): void {
    const visit = new Visit(socket);
    this.connects++;
    this.#visits.add(visit);
    let input = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => this.#visits.delete(visit));
    socket.on('data', (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      for (let end = endOf(input); end <= input.length; end = endOf(input)) {
        if (input[0] === 0)
          this.#receive(visit, byType.get(input.readUInt32BE(4))!.name, input.toString('latin1', HEADER, end));
        else this.#receive(visit, input.toString('latin1', 0, end - 1), '');
        input = input.subarray(end);
      }
    });
    this.script.connected?.(visit);
  }

  /** @param name of a packet, or a line */
  #receive(visit: Visit, name: string, body: string): void {
    const args = body.split('\0');
    this.received.push([name, ...args].join(' '));
    const { packets = {}, others } = this.script;
    const duty = packets[name] ?? others;
    if (duty === undefined) this.does(visit, name, args);
    else duty(visit, args);
  }

  /** What a good server does. */
  does(visit: Visit, name: string, args: readonly string[]): void {
    const handle = (): string => `H:bad:${++this.#handles}`;
    if (name.startsWith('SUBMIT_JOB')) {
      const made = handle();
      visit.send('JOB_CREATED', made);
      if (!name.endsWith('BG')) visit.send('WORK_COMPLETE', made, `did ${args.at(-1)}`);
    } else if (name.startsWith('GRAB_JOB')) {
      const job = this.jobs.shift();
      if (job === undefined) visit.send('NO_JOB');
      else assign(visit, name, handle(), job);
    } else if (name === 'PRE_SLEEP' && this.jobs.length > 0) {
      visit.send('NOOP');
    } else if (name === 'ECHO_REQ') {
      visit.send('ECHO_RES', args.join('\0'));
    } else if (name === 'OPTION_REQ') {
      visit.send('OPTION_RES', args[0]!);
    } else if (name === 'status') {
      visit.bytes('f\t0\t0\t1\n.\n');
    } else if (name === 'GET_STATUS') {
      visit.send('STATUS_RES', args[0]!, '0', '0', '0', '0');
    }
  }
}

/** Where the packet, or the line, ends that `input` starts with; Infinity when that is not known yet. */
function endOf(input: Buffer): number {
  if (input.length === 0) return Infinity;
  if (input[0] === 0) return input.length < HEADER ? Infinity : HEADER + input.readUInt32BE(8);
  const feed = input.indexOf(10);
  return feed === -1 ? Infinity : feed + 1;
}

/** Gives a job in the way in which it was asked for. */
export function assign(visit: Visit, grab: string, handle: string, { function: name, payload }: GivenJob): void {
  if (grab === 'GRAB_JOB') visit.send('JOB_ASSIGN', handle, name, payload);
  else if (grab === 'GRAB_JOB_UNIQ') visit.send('JOB_ASSIGN_UNIQ', handle, name, '', payload);
  else visit.send('JOB_ASSIGN_ALL', handle, name, '', '', payload);
}

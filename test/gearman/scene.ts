import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

import { gearmanClient, Packet, packetRules, PacketType } from '@wirewright/codec-gearman';
import { ByteReader, decodeNext } from '@wirewright/core/codec';
import { JobServer, type JobServerOptions } from '@wirewright/gearman';
import { onTestFinished } from 'vitest';

import { frame } from '../codec-gearman/frames.ts';
import { PATIENCE } from '../support/patience.ts';

/** Has `close` called at the end of the test, the last one first. */
export function afterwards(close: () => unknown): void {
  onTestFinished(async () => {
    await close();
  });
}

/** What handles begin with in tests. */
export const PREFIX = 'H:t';

/** A server on a free port of 127.0.0.1, until the end of the test. */
export async function serve<Data>(
  options: JobServerOptions<Data> = {},
  prepare: (server: JobServer<Data>) => unknown = () => {},
): Promise<JobServer<Data>> {
  const server = new JobServer<Data>({ handlePrefix: PREFIX, ...options });
  prepare(server);
  await server.listen({ port: 0, host: '127.0.0.1' });
  afterwards(() => server.destroy());
  return server;
}

const byName = new Map(packetRules.flatMap((rule) => (rule === undefined ? [] : [[rule.name, rule.type] as const])));

/** A connection to a server, until the end of the test: what comes is told as `JOB_CREATED H:t:1`, arguments apart by spaces. */
export class Talk {
  readonly socket: Socket;
  readonly #input = new ByteReader();
  readonly #codec = gearmanClient({ maxFrameLength: 64 * 1024 * 1024, maxLineLength: 64 * 1024 })();
  readonly #messages: string[] = [];
  #wake: (() => void) | undefined = undefined;
  /** Whether the server has ended or broken off. */
  ended = false;
  #fences = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#input.maxFrameLength = 64 * 1024 * 1024;
    socket.on('data', (chunk: Buffer) => {
      this.#input.push(chunk);
      for (let m = decodeNext(this.#codec, this.#input); m !== undefined; m = decodeNext(this.#codec, this.#input)) {
        this.#messages.push(m instanceof Packet ? told(m) : m.latin1);
      }
      this.#wake?.();
    });
    const end = (): void => {
      this.ended = true;
      this.#wake?.();
    };
    socket.on('end', end);
    socket.on('error', end);
    socket.on('close', end);
    afterwards(() => socket.destroy());
  }

  static async to(server: { readonly port: number | undefined } | NetConnectOpts): Promise<Talk> {
    const socket = connect('path' in server ? server : { port: server.port!, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Talk(socket);
  }

  /** Sends packets and lines: `SUBMIT_JOB` and its arguments, or text that ends with a newline. */
  send(what: string, ...args: readonly (string | Uint8Array)[]): this {
    this.socket.write(what.endsWith('\n') ? Buffer.from(what, 'latin1') : frame('REQ', byName.get(what)!, ...args));
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  /** What comes next. */
  async next(): Promise<string> {
    const since = Date.now();
    while (this.#messages.length === 0) {
      if (this.ended) return 'END';
      const left = PATIENCE - (Date.now() - since);
      if (left <= 0) throw new Error('nothing came');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    return this.#messages.shift()!;
  }

  /** Sends a packet, and resolves with what comes next. */
  ask(what: string, ...args: readonly (string | Uint8Array)[]): Promise<string> {
    return this.send(what, ...args).next();
  }

  /** All that comes in front of the answer to an ECHO_REQ that is sent now. */
  async all(): Promise<string[]> {
    const fence = `fence ${++this.#fences}`;
    this.bytes(frame('REQ', PacketType.EchoReq, fence));
    const seen: string[] = [];
    for (let next = await this.next(); next !== `ECHO_RES ${fence}`; next = await this.next()) {
      seen.push(next);
      if (next === 'END') break;
    }
    return seen;
  }

  /** The answer to a command of the admin protocol, up to the line with a dot, or its one line. */
  async admin(command: string): Promise<string[]> {
    this.socket.write(`${command}\n`);
    const lines: string[] = [];
    for (;;) {
      const line = await this.next();
      if (line === '.' || line === 'END') return lines;
      lines.push(line);
      if (/^(OK|ERR|\{)/.test(line)) return lines;
    }
  }

  /** Resolves when the server has ended or broken off the connection, with all that came before. */
  async end(): Promise<string[]> {
    const seen: string[] = [];
    for (let next = await this.next(); next !== 'END'; next = await this.next()) seen.push(next);
    return seen;
  }
}

function told(packet: Packet): string {
  const args = Array.from({ length: packet.argumentCount }, (_, index) => packet.latin1(index));
  return [packet.name, ...args].join(' ');
}

/** A worker that does `functions`, and sleeps; `grab` is what it asks for jobs with. */
export async function worker(server: JobServer<never> | JobServer, ...functions: readonly string[]): Promise<Talk> {
  const talk = await Talk.to(server);
  for (const name of functions) talk.send('CAN_DO', name);
  await talk.all();
  return talk;
}

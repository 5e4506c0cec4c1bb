import { Buffer } from 'node:buffer';

import { GearmanLine } from './gearman-line.ts';
import { linesOf, type Packet, type PacketName, request } from './packets.ts';
import type { Start } from './server-under-test.ts';

/** What happens on a connection that is no sending. */
export type Event =
  /** It is closed, and the next step begins when the server has noticed. */
  | { readonly event: 'leave' }
  /** A packet is to come without anybody sending anything, when something has taken its time. */
  | { readonly event: 'await'; readonly packet: PacketName }
  /** These bytes are sent, and no answer is to be had before more follow. */
  | { readonly event: 'part'; readonly bytes: Buffer };

/** Text, where `{1}` is the handle that was seen first in this dialogue; bytes as they are; a packet. */
export type Piece = string | Buffer | Packet;

/** A connection, by its name, and what is sent on it at once; after that, everybody has time to answer. */
export type Step = readonly [who: string, ...what: readonly Piece[]] | readonly [who: string, event: Event];

export type Dialogue = readonly Step[];

export const LEAVE: Event = { event: 'leave' };

export function awaiting(packet: PacketName): Event {
  return { event: 'await', packet };
}

export function part(bytes: Buffer): Event {
  return { event: 'part', bytes };
}

/** What everybody was told at each step. */
export type Said = readonly string[];

/** Has a server, freshly started, answer to a dialogue. */
export async function hold(start: Start, dialogue: Dialogue): Promise<Said> {
  const server = await start();
  const talk = await Talk.begin(server.port);
  try {
    const said: string[] = [];
    for (const step of dialogue) said.push(await talk.take(step));
    return said;
  } finally {
    talk.end();
    await server.close();
  }
}

/** A dialogue with one server. */
class Talk {
  readonly #port: number;
  readonly #lines = new Map<string, GearmanLine>();
  /** Those who have sent a part of something. */
  readonly #midway = new Set<string>();
  /** Those of whom it has been said that they were closed. */
  readonly #over = new Set<string>();
  /** Tells who is connected. */
  readonly #monitor: GearmanLine;
  /** Handles as they were seen. */
  readonly #handles: string[] = [];

  private constructor(port: number, monitor: GearmanLine) {
    this.#port = port;
    this.#monitor = monitor;
  }

  static async begin(port: number): Promise<Talk> {
    return new Talk(port, await GearmanLine.to(port));
  }

  async take([who, ...what]: Step): Promise<string> {
    const line = await this.#line(who);
    const [first] = what;
    if (first !== undefined && typeof first === 'object' && 'event' in first) return this.#happens(who, line, first);
    this.#midway.delete(who);
    line.send(Buffer.concat((what as readonly Piece[]).map((piece) => this.#bytesOf(piece))));
    return this.#answers(who);
  }

  end(): void {
    for (const line of this.#lines.values()) line.destroy();
    this.#monitor.destroy();
  }

  async #line(who: string): Promise<GearmanLine> {
    const there = this.#lines.get(who);
    if (there !== undefined) return there;
    const line = await GearmanLine.to(this.#port);
    this.#lines.set(who, line);
    return line;
  }

  #happens(who: string, line: GearmanLine, event: Event): Promise<string> {
    if (event.event === 'leave') return this.#leaves(who, line);
    if (event.event === 'await') return this.#gets(who, line, event.packet);
    line.send(event.bytes);
    this.#midway.add(who);
    return this.#answers();
  }

  async #leaves(who: string, line: GearmanLine): Promise<string> {
    line.destroy();
    this.#lines.delete(who);
    this.#over.delete(who);
    this.#midway.delete(who);
    await this.#noticed();
    return this.#answers();
  }

  async #gets(who: string, line: GearmanLine, name: PacketName): Promise<string> {
    const isThere = (): boolean => linesOf(line.received).some((text) => text.split(' ')[0] === name);
    for (let attempt = 0; attempt < 500 && !isThere(); attempt++) {
      // Without threads, gearmand sends what a timer of its has to say when it hears from somebody.
      await this.#monitor.fence();
      await pause(10);
    }
    return this.#answers(who);
  }

  /** Waits until the server knows of no connections but those there are: `workers` lists them all. */
  async #noticed(): Promise<void> {
    const there = [...this.#lines.values()].filter(({ closed }) => !closed).length + 1;
    for (let attempt = 0; attempt < 1000; attempt++) {
      this.#monitor.send(Buffer.from('workers\n'));
      const { bytes } = await this.#monitor.fence();
      if (linesOf(bytes).length - 1 === there) return;
      await pause(1);
    }
    throw new Error('the server does not notice that a connection is closed');
  }

  /** What everybody has been told since the last step: first who has sent something, since only then it has its effects on others. */
  async #answers(who?: string): Promise<string> {
    const said = new Map<string, string>();
    if (who !== undefined && !this.#over.has(who)) said.set(who, await this.#answerOn(who));
    await Promise.all(
      [...this.#lines.keys()]
        .filter((name) => name !== who && !this.#midway.has(name) && !this.#over.has(name))
        .map(async (name) => said.set(name, await this.#answerOn(name))),
    );
    return [...this.#lines.keys()]
      .filter((name) => (said.get(name) ?? '') !== '')
      .map((name) => `${name}: ${this.#comparable(said.get(name)!)}`)
      .join('\n');
  }

  async #answerOn(who: string): Promise<string> {
    const line = this.#lines.get(who)!;
    const { bytes, answered } = await line.fence();
    if (line.closed) this.#over.add(who);
    const ending = line.closed ? ['(closed)'] : answered ? [] : ['(silent)'];
    return [...inOrder(linesOf(bytes).map((text) => withoutNumbers(text))), ...ending].join('\n');
  }

  #bytesOf(piece: Piece): Buffer {
    if (Buffer.isBuffer(piece)) return piece;
    if (typeof piece === 'string') return Buffer.from(this.#withHandles(piece), 'latin1');
    return request(piece.type, piece.args.map((arg) => this.#withHandles(arg)).join('\0'));
  }

  #withHandles(text: string): string {
    return text.replaceAll(/\{(\d+)\}/g, (_, n: string) => this.#handles[Number(n) - 1] ?? `H:nobody:${n}`);
  }

  /** An answer with handles by the order they were seen in. */
  #comparable(answer: string): string {
    return answer.replaceAll(/H:[\w.-]+:\d+/g, (handle) => {
      if (handle.startsWith('H:nobody:')) return handle;
      if (!this.#handles.includes(handle)) this.#handles.push(handle);
      return `{${this.#handles.indexOf(handle) + 1}}`;
    });
  }
}

/** A line of text without the numbers that the system gives to processes and sockets, and that of the version. */
function withoutNumbers(line: string): string {
  return line
    .replace(/^"\d+ (127\.0\.0\.1) /, '"<fd> $1 ')
    .replace(/^"OK \d+\\n"$/, '"OK <pid>\\n"')
    .replace(/^"OK 1\.1\.\d+[^"]*\\n"$/, '"OK <version>\\n"');
}

/** Lines of a table in an order of their own, since that of the servers is that of their hash tables. */
function inOrder(lines: readonly string[]): string[] {
  const ordered: string[] = [];
  let table: string[] = [];
  for (const line of lines) {
    if (isRow(line)) {
      table.push(line);
      continue;
    }
    table.sort();
    ordered.push(...table, line);
    table = [];
  }
  return [...ordered, ...table];
}

/** Whether it is a line of text, and no end of a table and no answer of one line. */
function isRow(line: string): boolean {
  return line.startsWith('"') && line !== '".\\n"' && !line.endsWith('\\r\\n"') && !/^"(OK|ERR)\b/.test(line);
}

function pause(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

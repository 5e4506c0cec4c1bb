import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How sockets came to their end: by the end of the server, or broken off. */
export interface Fates {
  readonly ended: number;
  readonly broken: number;
}

/** What peers that came and went have sent and got. */
export interface ComeAndGone {
  readonly bytes: number;
  /** Bytes that a reset may have overtaken. */
  readonly maybe: number;
  readonly answers: number;
  readonly ways: Readonly<
    Record<'end' | 'reset' | 'end first' | 'end inside a frame' | 'reset inside a frame' | 'nothing', number>
  >;
}

/** What one peer has seen that asked until the server ended. */
export interface Conversation {
  readonly sent: number;
  readonly answers: number;
  /** Answers to a request that had one already. */
  readonly doubled: number;
  /** Whether what it received are the first of its requests, whole, in order and unchanged. */
  readonly prefix: boolean;
  readonly ended: boolean;
  /** Codes of what broke it off. */
  readonly errors: readonly string[];
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Many peers, in a process of their own. */
export class Crowd {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #lastId = 0;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('crowd-process.mjs', import.meta.url)), { execArgv: [] });
    this.#child.on('message', (reply: Reply) => {
      const asked = this.#asked.get(reply.id)!;
      this.#asked.delete(reply.id);
      if (reply.error === undefined) asked.resolve(reply.result);
      else asked.reject(new Error(reply.error));
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#asked.values()) reject(new Error(`the crowd is gone: ${code ?? signal}`));
    });
  }

  /** Sends a byte of a line every so many ms on each connection. Resolves when all are closed. */
  drip(port: number, count: number, every: number): Promise<Fates> {
    return this.#tell<Fates>('drip', { port, count, every });
  }

  /** Asks without an end with lines of `length`, and never reads. Resolves when all connections are closed. */
  pour(port: number, count: number, length: number): Promise<Fates> {
    return this.#tell<Fates>('pour', { port, count, length });
  }

  /** Opens connections, asks once on each and leaves them idle. Resolves with how many were answered. */
  settle(port: number, count: number): Promise<number> {
    return this.#tell<number>('settle', { port, count });
  }

  /** Closes `count` of the idle ones. */
  leave(count: number): Promise<number> {
    return this.#tell<number>('leave', { count });
  }

  /** Resolves when all idle connections are closed. */
  left(): Promise<Fates> {
    return this.#tell<Fates>('left', {});
  }

  /** Connects and disconnects, in all ways by turns. */
  comeAndGo(port: number, count: number, atATime: number): Promise<ComeAndGone> {
    return this.#tell<ComeAndGone>('comeAndGo', { port, count, atATime });
  }

  /** Keeps `depth` requests under way on each connection until the server ends. */
  converse(port: number, count: number, depth: number, seed: number): Promise<Conversation[]> {
    return this.#tell<Conversation[]>('converse', { port, count, depth, seed });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await exited;
  }

  #tell<R>(command: string, options: object): Promise<R> {
    const id = ++this.#lastId;
    const told = new Promise<unknown>((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    this.#child.send({ id, command, options });
    // Whoever does not come to wait for it has failed for another reason.
    told.catch(() => {});
    return told as Promise<R>;
  }
}

/** How many connections a process may have open, some left for everything else, and `wanted` at most. */
export function affordable(wanted: number): number {
  const { userLimits } = process.report.getReport() as unknown as {
    userLimits?: { open_files: { soft: number | 'unlimited' } };
  };
  const descriptors = userLimits?.open_files.soft ?? wanted;
  if (typeof descriptors === 'string') return wanted;
  return Math.min(wanted, descriptors - 200);
}

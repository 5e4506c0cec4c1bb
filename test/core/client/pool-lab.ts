import { type Line, line } from '@wirewright/codec-line';
import { type Connection, Pool, type PoolOptions, type RequestOptions } from '@wirewright/core';
import { embed, type EmbeddedConnection, FakeClock } from '@wirewright/core/testing';
import { onTestFinished } from 'vitest';

/** A call of the dialer. */
interface Dial {
  readonly signal: AbortSignal;
  /** Makes the connection. */
  answer(connection?: unknown): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** What has become of a request so far. */
export interface Asked {
  settled: number;
  value?: unknown;
  error?: unknown;
}

/** Two turns: promises and what they set off have run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A pool whose dialer and whose peers are the test, without sockets. */
export class PoolLab {
  readonly clock: FakeClock = new FakeClock();
  readonly dials: Dial[] = [];
  readonly peers: EmbeddedConnection<string, Line>[] = [];
  readonly pool: Pool<string, Line>;
  /** Whether the dialer makes a connection at once. */
  auto: boolean;

  constructor(options: Partial<PoolOptions<string, Line>> = {}, auto = true) {
    this.auto = auto;
    this.pool = new Pool<string, Line>({ dial: ({ signal }) => this.#dial(signal), clock: this.clock, ...options });
    onTestFinished(() => this.pool.destroy());
  }

  /** A connection whose peer is the test. */
  connection(): Connection<string, Line> {
    const embedded = embed<string, Line>(line(), {}, { role: 'client', record: false });
    this.peers.push(embedded);
    return embedded.connection;
  }

  ask(message: string, options: RequestOptions = {}): Asked {
    return watch(this.pool.request(message, (frame) => frame, options));
  }

  asks(...messages: string[]): Asked[] {
    return messages.map((message) => this.ask(message));
  }

  /** What each connection was sent since the last call. */
  async sent(): Promise<string[]> {
    await settled();
    return this.peers.map((peer) => peer.sent().toString().replaceAll('\n', ' ').trim());
  }

  async reply(index: number, ...lines: string[]): Promise<void> {
    this.peers[index]!.feed(lines.map((text) => `${text}\n`).join(''));
    await settled();
  }

  #dial(signal: AbortSignal): Promise<Connection<string, Line>> {
    if (this.auto) {
      this.dials.push({ signal, answer: settled, fail: settled });
      return Promise.resolve(this.connection());
    }
    return new Promise((resolve, reject) => {
      this.dials.push({
        signal,
        answer: (connection: unknown = this.connection()) => {
          resolve(connection as Connection<string, Line>);
          return settled();
        },
        fail: (error) => {
          reject(error);
          return settled();
        },
      });
    });
  }
}

export function watch(promise: Promise<unknown>): Asked {
  const asked: Asked = { settled: 0 };
  const note = (what: 'value' | 'error') => (of: unknown) => {
    asked.settled++;
    asked[what] = of;
  };
  void promise.then(note('value'), note('error'));
  return asked;
}

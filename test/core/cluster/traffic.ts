import { line } from '@wirewright/codec-line';
import { Client, ConnectionLostError, type ConnectPlace, type Pool } from '@wirewright/core';

/** Clients that ask all the time, each with requests in flight on one connection, and ask again what was not handled. */
export class Traffic {
  readonly #client = new Client<string>({ codec: line() });
  readonly #loops: Promise<void>[];
  readonly #name: string;
  readonly #what: string;
  #going = true;
  #asked = 0;
  /** How often each id was answered. */
  readonly answers = new Map<string, number>();
  /** Who answered. */
  readonly pids = new Set<number>();
  /** Requests that were sent, and not answered before the end of a connection that ended in good order. */
  retried = 0;
  /** Requests that had not been sent then. */
  unsent = 0;
  /** What should not have come to pass. */
  readonly errors: unknown[] = [];

  /**
   * @param name what the ids begin with
   * @param clients how many connections
   * @param depth requests on each at a time
   * @param waiting requests that wait for each besides
   * @param what what is asked, behind the id
   */
  constructor(place: ConnectPlace, { name = 'r', clients = 32, depth = 16, waiting = 0, what = '' } = {}) {
    this.#name = name;
    this.#what = what;
    const pools = Array.from({ length: clients }, () => this.#client.pool(place, { maxConnections: 1, window: depth }));
    this.#loops = pools.flatMap((pool) => Array.from({ length: depth + waiting }, () => this.#loop(pool)));
  }

  get answered(): number {
    return this.answers.size;
  }

  get asked(): number {
    return this.#asked;
  }

  /** Ends when every request is answered. */
  async end(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#loops);
    await this.#client.close();
  }

  async #loop(pool: Pool<string>): Promise<void> {
    while (this.#going) {
      const id = `${this.#name}${++this.#asked}`;
      await this.#ask(pool, id);
      // Others have their turn, too.
      if (this.#asked % 64 === 0) await new Promise(setImmediate);
    }
  }

  async #ask(pool: Pool<string>, id: string): Promise<void> {
    for (;;) {
      try {
        const [answered, pid] = (await pool.request(`${id} ${this.#what}`, (frame) => frame)).split(' ');
        if (answered !== id) this.errors.push(new Error(`${id} got the answer of ${answered}`));
        this.answers.set(id, (this.answers.get(id) ?? 0) + 1);
        this.pids.add(Number(pid));
        return;
      } catch (error) {
        // What broke off may have been handled.
        if (!(error instanceof ConnectionLostError) || (error.sent && error.reason !== 'peer')) {
          this.errors.push(error);
          return;
        }
        if (error.sent) this.retried++;
        else this.unsent++;
      }
    }
  }
}

import { Buffer } from 'node:buffer';

import type { Client } from '../client.ts';
import type { ServerState } from '../server-state.ts';
import { cachedump } from './cachedump.ts';
import { connectionStats, type ServedBy } from './connection-stats.ts';
import { generalStats } from './general-stats.ts';
import { itemStats } from './item-stats.ts';
import { settingStats } from './setting-stats.ts';
import { sizeStats } from './size-stats.ts';
import { slabStats } from './slab-stats.ts';
import type { Stat } from './stat.ts';

/** Answers `stats` and what there is of it, in the words of memcached. */
export class Stats {
  readonly #state: ServerState;
  readonly #served: ServedBy;

  constructor(state: ServerState, served: ServedBy) {
    this.#state = state;
    this.#served = served;
  }

  /** The statistics that go by that name, '' for the general ones; `undefined` when there are none, or when they are no list. */
  list(argument: string): Stat[] | undefined {
    switch (argument) {
      case '':
        return generalStats(this.#state, this.#served);
      case 'items':
        return itemStats(this.#state);
      case 'slabs':
        return slabStats(this.#state);
      case 'settings':
        return settingStats(this.#state, this.#served);
      case 'conns':
        return connectionStats(this.#served);
      case 'sizes_enable':
        this.#state.sizes = true;
        return [['sizes_status', 'enabled']];
      case 'sizes_disable':
        this.#state.sizes = false;
        return [['sizes_status', 'disabled']];
      default:
        return undefined;
    }
  }

  /** The answer to `stats` with these words behind it; of those that take long, a promise of having sent it. */
  text(connection: Client, words: readonly string[]): string | Promise<void> {
    const [argument = '', ...more] = words;
    switch (argument) {
      case 'reset':
        this.reset();
        return 'RESET';
      case 'detail':
        return this.#detail(more[0]);
      case 'sizes':
        return this.#sizes(connection);
      case 'cachedump':
        return cachedump(this.#state, more);
      case 'sizes_enable':
      case 'sizes_disable':
        // The END that memcached leaves out here would be the answer to the next command.
        return statLine(this.list(argument)![0]!);
      default: {
        const stats = this.list(argument);
        return stats === undefined ? 'ERROR' : statLines(stats);
      }
    }
  }

  /** Starts to count anew (memcached's `stats reset`). */
  reset(): void {
    this.#state.reset();
    this.#served.reset();
  }

  /** How many items there are of each size; that takes a look at all of them. */
  sizes(): Promise<Stat[]> {
    return sizeStats(this.#state);
  }

  /** What `stats detail <what>` does; `undefined` for what it does not know. */
  details(what: string = ''): string[] | undefined {
    const { observer } = this.#state;
    switch (what) {
      case 'on':
      case 'off':
        observer.details.on = what === 'on';
        observer.update();
        return [];
      case 'dump':
        return observer.details.dump();
      default:
        return undefined;
    }
  }

  #detail(what: string | undefined): string {
    const lines = this.details(what);
    if (lines === undefined) return 'CLIENT_ERROR usage: stats detail on|off|dump';
    return what === 'dump' ? [...lines, 'END'].join('\r\n') : 'OK';
  }

  async #sizes(connection: Client): Promise<void> {
    connection.send(Buffer.from(`${statLines(await this.sizes())}\r\n`, 'latin1'));
  }
}

function statLines(stats: readonly Stat[]): string {
  return [...stats.map(statLine), 'END'].join('\r\n');
}

function statLine([name, value]: Stat): string {
  return `STAT ${name} ${value}`;
}

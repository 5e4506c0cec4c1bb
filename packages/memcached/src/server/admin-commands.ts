import type { Request } from '@wirewright/codec-memcached-text';
import { isThenable } from '@wirewright/core';

import type { Client } from './client.ts';
import { type DumpForm, dumpKeys } from './dump-keys.ts';
import type { ServerState } from './server-state.ts';
import type { Stats } from './stats/stats.ts';
import { WATCH_KINDS, type WatchKind } from './watchers.ts';

/** Bytes that memcached counts as one of `cache_memlimit`, and the fewest of those that it takes. */
const MEGABYTE = 1024 * 1024;
const LEAST_MEGABYTES = 8;

/** What the commands need of the server. */
export interface AdminHost {
  /** A client has asked the server to end. */
  shutdown(graceful: boolean): unknown;
  /** From here on a connection gets lines, and what it sends is not looked at. */
  watch(connection: Client): void;
}

/** Answers the text commands that are about the server, not about items. */
export class AdminCommands {
  readonly #state: ServerState;
  readonly #stats: Stats;
  readonly #host: AdminHost;

  constructor(state: ServerState, stats: Stats, host: AdminHost) {
    this.#state = state;
    this.#stats = stats;
    this.#host = host;
  }

  answer(connection: Client, request: Request): unknown {
    const { op } = request;
    const command = this.#state.commands[op === 'command' || op === 'close' ? 'other' : op];
    command.operations++;
    command.bytesIn += request.end - request.start;
    const answer = this.#answer(connection, request);
    if (isThenable(answer)) return answer;
    if (answer !== undefined && !request.noreply) {
      if (isError(answer)) command.errors++;
      connection.send(answer);
    }
    return undefined;
  }

  #answer(connection: Client, request: Request): string | undefined | Promise<void> {
    const op: string = request.op;
    switch (op) {
      case 'version':
        return `VERSION ${this.#state.version}`;
      case 'verbosity':
        this.#state.verbosity = request.exptime;
        return 'OK';
      case 'flush_all':
        return this.#flush(request);
      case 'quit':
        void connection.close();
        return undefined;
      case 'stats':
        return this.#stats.text(connection, request.tokens.slice(1));
      default:
        return this.#command(connection, request.tokens);
    }
  }

  #flush({ exptime }: Request): string {
    const { allowFlush } = this.#state.settings;
    if (!allowFlush) return 'CLIENT_ERROR flush_all not allowed';
    this.#state.counters.cmdFlush++;
    this.#state.store.flush(exptime);
    return 'OK';
  }

  #command(connection: Client, [name = '', ...rest]: readonly string[]): string | undefined | Promise<void> {
    const words = rest.filter((word, i) => word !== 'noreply' || i < rest.length - 1);
    switch (name) {
      case 'cache_memlimit':
        return this.#limitMemory(words);
      case 'shutdown':
        return this.#shutdown(words);
      case 'watch':
        return this.#watch(connection, words);
      case 'lru_crawler':
        return this.#crawl(connection, words);
      case 'lru':
        // There is one LRU for each size, and nothing to tune about it.
        return ['tune', 'mode', 'temp_ttl'].includes(words[0] ?? '') && words.length > 1 ? 'OK' : 'ERROR';
      case 'slabs':
        return words[0] === 'reassign' || words[0] === 'automove' ? 'CLIENT_ERROR slab reassignment disabled' : 'ERROR';
      case 'refresh_certs':
        return 'Error TLS not enabled';
      default:
        return 'ERROR';
    }
  }

  #limitMemory([megabytes]: readonly string[]): string {
    const { memory } = this.#state;
    if (megabytes === undefined || !/^\d+$/.test(megabytes)) return 'ERROR';
    if (Number(megabytes) < LEAST_MEGABYTES) return 'MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m';
    if (memory === undefined) return 'MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust';
    memory.memoryLimit = Number(megabytes) * MEGABYTE;
    return 'OK';
  }

  #shutdown([mode, ...more]: readonly string[]): string | undefined | Promise<void> {
    const { allowShutdown, compat } = this.#state.settings;
    if (!allowShutdown)
      return compat === '1.6.18' ? 'ERROR: shutdown not enabled' : 'SERVER_ERROR: shutdown not enabled';
    if (more.length > 0 || (mode !== undefined && mode !== 'graceful')) return 'CLIENT_ERROR invalid shutdown mode';
    const ended = this.#host.shutdown(mode === 'graceful');
    return isThenable(ended) ? (ended as Promise<void>) : undefined;
  }

  #watch(connection: Client, words: readonly string[]): string | undefined {
    const { observer, settings } = this.#state;
    if (!settings.allowWatch) return 'CLIENT_ERROR watch commands not allowed';
    // What comes before it in a pipeline would be answered in the midst of the lines.
    if (connection.bufferedBytes > 0) return 'ERROR cannot pipeline other commands before watch';
    const kinds: string[] = words.length === 0 ? ['fetchers'] : [...words];
    if (!kinds.every((word): word is WatchKind => (WATCH_KINDS as readonly string[]).includes(word))) return 'ERROR';
    if (!observer.watchers.add(connection, new Set(kinds))) return 'WATCHER_TOO_MANY log watcher limit reached';
    observer.update();
    connection.send('OK');
    this.#host.watch(connection);
    return undefined;
  }

  #crawl(connection: Client, [what = '', ...words]: readonly string[]): string | Promise<void> {
    switch (what) {
      case 'metadump':
      case 'mgdump':
        return this.#dump(connection, what, words[0]);
      case 'enable':
      case 'disable':
      case 'crawl':
      case 'sleep':
      case 'tocrawl':
        // What has expired makes room for others without it.
        return what === 'enable' || what === 'disable' || words.length > 0 ? 'OK' : 'ERROR';
      default:
        return 'ERROR';
    }
  }

  #dump(connection: Client, form: DumpForm, classes: string | undefined): string | Promise<void> {
    if (!this.#state.settings.allowDump) return `ERROR ${form} not allowed`;
    if (connection.bufferedBytes > 0) return `ERROR cannot pipeline other commands before ${form}`;
    if (classes === undefined) return 'ERROR';
    const every = classes === 'all' || classes === 'hash';
    if (!every && !/^\d+(,\d+)*$/.test(classes)) return 'BADCLASS invalid class id';
    return dumpKeys(connection, this.#state, form, every ? undefined : new Set(classes.split(',').map(Number)));
  }
}

function isError(answer: string): boolean {
  return /^(CLIENT_|SERVER_)?ERROR/.test(answer);
}

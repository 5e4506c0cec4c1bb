import { inspect } from 'node:util';

import { type WireLog, wireLog } from '@wirewright/core';

/** Prints what clients in this process ask the server on `port`, the frames that pass for it, and what they get. */
export class Transcript {
  readonly #log: WireLog;
  /** Who has made which connection, and who makes those that come now. */
  readonly #owners = new Map<string, string>();
  #connecting = 'client';

  /** @param maxBytes how many bytes of each frame are shown */
  constructor(port: number, maxBytes: number) {
    this.#log = wireLog({
      only: ({ remotePort }) => remotePort === port,
      write: (text) => this.#event(text),
      maxBytes,
    });
  }

  /** Says who makes the connections that come now. */
  connecting(who: string): void {
    this.#connecting = who;
  }

  /** Prints `call`, and makes it: the frames come below it, and then the answer, if there is any. */
  async ask<T>(call: string, make: () => Promise<T>): Promise<T> {
    console.log(`  ${call}`);
    const answer = await make();
    if (answer !== undefined) console.log(`    = ${inspect(answer)}`);
    return answer;
  }

  /** Shows no more frames. */
  stop(): void {
    this.#log.stop();
  }

  /** An event is `<time> <connection> <what>`; what is a frame begins with an arrow. */
  #event(text: string): void {
    const [, connection = '', what = ''] = /^\S+ (\S+) (.*)\n$/s.exec(text) ?? [];
    if (!this.#owners.has(connection)) this.#owners.set(connection, this.#connecting);
    if (!/^(<-|->) /.test(what)) return;
    console.log(`    ${this.#owners.get(connection)} ${what.replaceAll('\n', '\n    ')}`);
  }
}

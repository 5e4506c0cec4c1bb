import { type GearmanOutput, Packet } from '@wirewright/codec-gearman';
import type { Connection } from '@wirewright/core';

import type { JobFunction } from './job-function.ts';
import type { Job } from './job.ts';

/** How many jobs that a worker had and lost are remembered of each. */
const REMEMBERED = 256;

/** A connection of a server: client, worker, administrator, or all of them. */
export type GearmanConnection<Data = unknown> = Connection<unknown, GearmanOutput, Data>;

/** What a worker once had: ended by its own exception, or taken from it. */
export type Former = 'exception' | 'taken';

/** What the server knows of a connection. */
export class Peer {
  readonly connection: GearmanConnection;
  /** Functions that it does, with the time that it gives itself for each in ms; 0 for any. */
  readonly abilities: Map<JobFunction, number> = new Map<JobFunction, number>();
  /** The jobs that it works on. */
  readonly working: Set<Job> = new Set<Job>();
  /** The jobs that it waits for. */
  readonly awaited: Set<Job> = new Set<Job>();
  /** Whether it sleeps, and is to be woken when there is something to do. */
  sleeping = false;
  /** Whether it gets exceptions as such. */
  exceptions = false;
  id = '-';
  readonly #former: Map<string, Former> = new Map<string, Former>();
  /** Answers in order, from the first that waits for a store on. */
  #held: (GearmanOutput | HeldAnswer)[] | undefined = undefined;
  #whenFree: (() => void) | undefined = undefined;

  constructor(connection: GearmanConnection) {
    this.connection = connection;
  }

  /** Sends a message behind all that was sent before, also what waits for a store. */
  send(message: GearmanOutput): void {
    if (this.#held === undefined) this.connection.send(message);
    else this.#held.push(message instanceof Packet ? message.retain() : message);
  }

  /** An answer that comes later: what is sent behind it waits. */
  hold(): HeldAnswer {
    const held = new HeldAnswer(this);
    (this.#held ??= []).push(held);
    return held;
  }

  /** How many messages wait for an answer in front of them, that one included. */
  get held(): number {
    return this.#held === undefined ? 0 : this.#held.length;
  }

  /** Resolves when nothing is held any more. */
  free(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#whenFree;
      this.#whenFree = () => {
        before?.();
        resolve();
      };
    });
  }

  /** Sends what no longer waits. */
  release(): void {
    const held = this.#held;
    if (held === undefined) return;
    let sent = 0;
    for (const message of held) {
      const ready = message instanceof HeldAnswer ? message.message : message;
      if (ready === undefined) break;
      this.connection.send(ready);
      sent++;
    }
    if (sent < held.length) {
      held.splice(0, sent);
      return;
    }
    this.#held = undefined;
    this.#whenFree?.();
    this.#whenFree = undefined;
  }

  /** Remembers a job that it has no longer. */
  remember(handle: string, former: Former): void {
    this.#former.set(handle, former);
    if (this.#former.size > REMEMBERED) this.#former.delete(this.#former.keys().next().value!);
  }

  /** What a job was to it that it has no longer, and forgets that. */
  recall(handle: string): Former | undefined {
    const former = this.#former.get(handle);
    if (former !== undefined) this.#former.delete(handle);
    return former;
  }
}

/** The place of an answer that is not there yet. */
export class HeldAnswer {
  readonly #peer: Peer;
  message: GearmanOutput | undefined = undefined;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** Gives the answer, once. */
  answer(message: GearmanOutput): void {
    this.message = message;
    this.#peer.release();
  }
}

import {
  ClosedError,
  InvalidOptionError,
  readPlace,
  readPlaces,
  type ReadyPlace,
  type ServerPlace,
  type ServerStatus,
  type TlsClientOptions,
} from '@wirewright/core';

import { USUAL_PORT } from '../usual-port.ts';
import type { ServerLink } from './server-link.ts';

/** What a client or worker has for each of its servers. */
interface Member {
  readonly link: ServerLink;
}

/** The servers of a client or worker, which may come and go. */
export class Fleet<M extends Member> {
  readonly #make: (place: ReadyPlace) => M;
  readonly #tls: boolean | TlsClientOptions | undefined;
  #members: readonly M[];
  /** Those that were removed, and still have something to do. */
  readonly #leaving = new Set<M>();
  #closed = false;

  /** @throws {InvalidOptionError} one is no place, is there twice, or there is none */
  constructor(
    places: ServerPlace | readonly ServerPlace[],
    tls: boolean | TlsClientOptions | undefined,
    make: (place: ReadyPlace) => M,
  ) {
    this.#make = make;
    this.#tls = tls;
    this.#members = readPlaces('the servers', places, (place) => this.#read(place)).map(make);
  }

  get members(): readonly M[] {
    return this.#members;
  }

  /** Those that were removed and have not left yet, too. */
  get all(): readonly M[] {
    return this.#leaving.size === 0 ? this.#members : [...this.#members, ...this.#leaving];
  }

  /** Those that were removed and have not left yet. */
  get leaving(): Iterable<M> {
    return this.#leaving;
  }

  get status(): ServerStatus[] {
    return this.#members.map(({ link: { name, up, error } }) => ({ name, up, error }));
  }

  /**
   * One that was removed is found as long as it has something to do.
   *
   * @throws {InvalidOptionError} there is none of that name
   */
  get(name: string): M {
    return this.#find(this.all, name);
  }

  #find(members: readonly M[], name: string): M {
    const named = (wanted: string): M | undefined => members.find(({ link }) => link.name === wanted);
    const member = named(name) ?? named(this.#read(name).name);
    if (member !== undefined) return member;
    throw new InvalidOptionError(
      `${name} is none of the servers: ${this.#members.map(({ link }) => link.name).join(', ')}`,
    );
  }

  /**
   * @throws {InvalidOptionError} it is no place, or there already
   * @throws {ClosedError} no server can come any more
   */
  add(given: ServerPlace): M {
    if (this.#closed) throw new ClosedError('what has these servers');
    const place = this.#read(given);
    if (this.#members.some(({ link }) => link.name === place.name)) {
      throw new InvalidOptionError(`${place.name} is one of the servers already`);
    }
    const member = this.#make(place);
    this.#members = [...this.#members, member];
    return member;
  }

  /** @throws {InvalidOptionError} there is none of that name, or it is the last one */
  remove(name: string): M {
    const member = this.#find(this.#members, name);
    if (this.#members.length === 1)
      throw new InvalidOptionError('there must be at least one server: add another first');
    this.#members = this.#members.filter((one) => one !== member);
    this.#leaving.add(member);
    return member;
  }

  /** One that was removed has nothing to do any more. */
  left(member: M): void {
    this.#leaving.delete(member);
  }

  #read(place: ServerPlace): ReadyPlace {
    return readPlace('a server', place, { port: USUAL_PORT, tls: this.#tls });
  }

  /** Takes no more servers. */
  close(): void {
    this.#closed = true;
  }
}

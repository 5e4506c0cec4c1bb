import { InvalidOptionError } from '@wirewright/core';

import type { Distribution } from './distribution/distribution.ts';
import { ServerDownError } from './errors.ts';
import type { WireKey } from './keys.ts';
import type { RemoteServer } from './remote-server.ts';

/** The servers among which keys are distributed. */
export class Ring {
  readonly #distribution: Distribution;
  /** Whether the keys of a server that is down go to the others. */
  readonly #nextServer: boolean;
  #servers: readonly RemoteServer[] = [];
  /** Those that keys are distributed among at the moment, and how. */
  #eligible: readonly RemoteServer[] = [];
  #locate: (key: WireKey) => number = () => 0;

  constructor(distribution: Distribution, nextServer: boolean) {
    this.#distribution = distribution;
    this.#nextServer = nextServer;
  }

  get servers(): readonly RemoteServer[] {
    return this.#servers;
  }

  set servers(servers: readonly RemoteServer[]) {
    this.#servers = servers;
    this.update();
  }

  /** A server has gone down or come back. */
  update(): void {
    const eligible = this.#nextServer ? this.#servers.filter((server) => !server.isDown) : this.#servers;
    this.#locate = eligible.length < 2 ? () => 0 : this.#distribution(eligible.map(({ info }) => info));
    this.#eligible = eligible;
  }

  /**
   * The server of a key.
   *
   * @throws {ServerDownError} there is none that is up
   * @throws {InvalidOptionError} a distribution of the user's own has named one that is not there
   */
  route(key: WireKey): RemoteServer {
    const eligible = this.#eligible;
    const index = eligible.length === 1 ? 0 : this.#locate(key);
    const server = eligible[index];
    if (server !== undefined) return server;
    if (eligible.length === 0) throw new ServerDownError('', this.#servers[0]?.downError);
    throw new InvalidOptionError(
      `the distribution gave ${index} where it should give an index below ${eligible.length}`,
    );
  }
}

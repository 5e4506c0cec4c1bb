import type { PacketFields } from '@wirewright/codec-gearman';
import { ClosedError, type RequestOptions } from '@wirewright/core';
import { knownOptions } from '@wirewright/core/codec';

import { NoServerError } from '../errors.ts';
import { answer } from '../link/answers.ts';
import type { Fleet } from '../link/fleet.ts';
import type { Incoming, ServerLink } from '../link/server-link.ts';
import type { ClientLink } from './client-link.ts';
import { type JobStatus, readStatus } from './job-status.ts';

/** For one question to a server. */
export interface AskOptions extends RequestOptions {
  /** The server, as `servers` has it. Default: the first that is up; or, for a status, all of them. */
  readonly server?: string | undefined;
}

/** Asks the servers of a client what is no job. */
export class Questions {
  readonly #fleet: Fleet<ClientLink>;
  #closed = false;

  constructor(fleet: Fleet<ClientLink>) {
    this.#fleet = fleet;
  }

  /** Asks nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Asks a server, and resolves with what `read` makes of its answer. */
  async ask<R>(
    message: PacketFields,
    read: (frame: Incoming, server: string) => R | undefined,
    options: AskOptions,
  ): Promise<R> {
    const link = await this.server(options);
    return link.ask(message, (frame) => read(frame, link.name), requestOptions(options));
  }

  /** Asks one server how it stands with a job, or all, and resolves with the first answer that knows of it, or else any. */
  async status(message: PacketFields, type: number, options: AskOptions): Promise<JobStatus> {
    const ask = async (link: ServerLink): Promise<JobStatus> =>
      link.ask(message, (frame) => readStatus(link.name, answer(link.name, frame, type)), requestOptions(options));
    const first = await this.server(options);
    if (options.server !== undefined) return ask(first);
    const up = this.#fleet.members.filter(({ link }) => link.up);
    const asked = await Promise.allSettled(up.map(({ link }) => ask(link)));
    const told = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const known = told.find((status) => status.known) ?? told[0];
    if (known !== undefined) return known;
    throw (asked[0] as PromiseRejectedResult).reason;
  }

  /** The server that is asked for, or the first that is up or comes up. */
  async server({ server, signal }: AskOptions): Promise<ServerLink> {
    if (this.#closed) throw new ClosedError('the client');
    signal?.throwIfAborted();
    const members = server === undefined ? this.#fleet.members : [this.#fleet.get(server)];
    const links = members.map(({ link }) => link);
    const up = links.find((link) => link.up);
    if (up !== undefined) return up;
    await Promise.any(links.map((link) => link.reached())).catch(() => {});
    signal?.throwIfAborted();
    const come = links.find((link) => link.up);
    if (come !== undefined) return come;
    throw new NoServerError(new Map(links.map((link) => [link.name, link.error ?? new ClosedError(link.name)])));
  }
}

function requestOptions(options: AskOptions): RequestOptions {
  knownOptions('a request', options, ['server', 'signal', 'timeout']);
  return { timeout: options.timeout, signal: options.signal };
}

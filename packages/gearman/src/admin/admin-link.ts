import { Buffer } from 'node:buffer';

import {
  gearmanClient,
  type GearmanOutput,
  packet,
  type Packet,
  PacketType,
  type TextLine,
} from '@wirewright/codec-gearman';
import {
  Client,
  ClosedError,
  type CloseOptions,
  type CloseResult,
  type Connection,
  type Grace,
  graceOf,
  type Pool,
  PoolTimeoutError,
  type ReadyPlace,
  RequestTimeoutError,
  UnansweredError,
  waitFor,
} from '@wirewright/core';
import { encodeMessage } from '@wirewright/core/codec';

import type { AdminCallOptions, AdminSettings } from './admin-options.ts';
import { Answer } from './answer.ts';

/** Encodes echoes. */
const PACKETS = gearmanClient()();

/** One connection to a server, made when it is needed. */
export class AdminLink {
  readonly name: string;
  readonly #settings: AdminSettings;
  readonly #client: Client<Packet | TextLine, GearmanOutput>;
  readonly #pool: Pool<Packet | TextLine, GearmanOutput>;
  readonly #underWay = new Set<Promise<unknown>>();
  #connection: Connection<Packet | TextLine, GearmanOutput> | undefined = undefined;
  #echoes = 0;
  #closing: Promise<CloseResult> | undefined = undefined;

  constructor(place: ReadyPlace, settings: AdminSettings) {
    this.name = place.name;
    this.#settings = settings;
    const { codec, socket, connectTimeout, clock, timeout, maxWaiting } = settings;
    this.#client = new Client<Packet | TextLine, GearmanOutput>({ ...socket, codec, connectTimeout, clock })
      // There is nothing left to say to a server that breaks the protocol.
      .onError((connection) => connection.destroy());
    this.#pool = this.#client.pool(place.connect, {
      maxConnections: 1,
      timeout: timeout === 0 ? false : timeout,
      // It is the client that gives up connecting, and says why.
      dialTimeout: connectTimeout * 2,
      maxWaiting,
      waitTimeout: false,
      idleTimeout: false,
      views: true,
      onConnect: ({ connection }) => {
        this.#connection = connection as Connection<Packet | TextLine, GearmanOutput>;
      },
    });
  }

  /**
   * Sends a command, and has `read` make the result of what the server answers: of one line, or of all lines up to the one with a dot.
   *
   * Where the lines of an answer end cannot be told by the dot alone, since a name can be one. So the server is asked for an echo behind such a
   * command: what comes before that is the answer.
   */
  async ask<R>(
    line: string,
    ends: 'line' | 'dot',
    read: (lines: readonly string[]) => R,
    { timeout, signal }: AdminCallOptions,
  ): Promise<R> {
    if (this.#closing !== undefined) throw new ClosedError(`the client of ${this.name}`);
    // gearmand cuts the last letter of some lines that end with a bare LF.
    const command = `${line}\r\n`;
    const echo = ends === 'dot' ? `answered ${++this.#echoes}` : undefined;
    const answer = new Answer(line, echo, this.#settings.maxAnswerLength, read);
    const asked = this.#pool.request(
      echo === undefined
        ? command
        : Buffer.concat([Buffer.from(command), encodeMessage(PACKETS, packet(PacketType.EchoReq, echo))]),
      (frame) => answer.take(frame),
      { timeout, signal },
    );
    this.#underWay.add(asked);
    try {
      return await asked;
    } catch (error) {
      // A server that is late is taken for gone, unless it was the caller who was in a hurry.
      if (error instanceof RequestTimeoutError && error.sent && timeout === undefined) this.#breakOff();
      if (error instanceof PoolTimeoutError) throw new RequestTimeoutError(timeout as number, false);
      throw answer.failure ?? error;
    } finally {
      this.#underWay.delete(asked);
    }
  }

  /** Takes no more commands, and closes when those under way are answered or the grace is over. */
  close(options: CloseOptions): Promise<CloseResult> {
    const grace = graceOf(options);
    this.#closing ??= this.#close(grace);
    return this.#closing;
  }

  destroy(): void {
    this.#client.destroy();
    this.#closing ??= this.#client.close();
  }

  #breakOff(): void {
    this.#connection?.fail(new UnansweredError(1));
    this.#connection?.destroy();
  }

  async #close(grace: Grace): Promise<CloseResult> {
    const answered = (end: () => void): void => void Promise.allSettled(this.#underWay).then(end);
    const rest = await waitFor(answered, grace, this.#settings.clock);
    // A client that closes gives up connecting, which those under way may wait for.
    return this.#client.close(rest);
  }
}

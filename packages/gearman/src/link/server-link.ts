import { type GearmanOutput, packet, type Packet, PacketType, TextLine } from '@wirewright/codec-gearman';
import {
  Client,
  ClosedError,
  type CloseOptions,
  type CloseResult,
  type Connection,
  ConnectionLostError,
  Exchange,
  type KeptConnection,
  QueueFullError,
  type ReadyPlace,
  type RequestOptions,
  RequestTimeoutError,
  UnansweredError,
  type WireError,
} from '@wirewright/core';

import { gearmanChannels } from '../channels.ts';
import { answer } from './answers.ts';
import type { LinkSettings } from './link-options.ts';

/** What a server sends. */
export type Incoming = Packet | TextLine;

const PING = packet(PacketType.EchoReq, 'ping');

/** Milliseconds until a link begins anew whose stream was destroyed underneath. */
const RESTART = 100;

type ServerExchange = Exchange<Incoming, GearmanOutput>;

/** What a link tells of its server. None of it throws. */
export interface LinkEvents {
  /** The connection is there; what is sent now goes in front of all else. */
  connected(): void;
  /** It is not there any more; what it was sent and has not answered is rejected by now. */
  lost(error: Error): void;
  /** Whether a packet comes on its own, and answers nothing. */
  isPush(packet: Packet): boolean;
  /** Such a packet. It lasts. */
  push(packet: Packet): void;
}

/** What a server is to a client or worker: one connection, made anew whenever it is lost. */
export class ServerLink {
  readonly name: string;
  /** Why it is not connected; undefined while it is, or connects for the first time. */
  error: Error | undefined = undefined;
  readonly #place: ReadyPlace;
  readonly #settings: LinkSettings;
  readonly #events: LinkEvents;
  readonly #client: Client<Incoming, GearmanOutput>;
  #exchange: ServerExchange | undefined = undefined;
  #kept: KeptConnection | undefined = undefined;
  #closed = false;
  /** Whether nothing was tried since there was a connection. */
  #untried = false;
  /** Those who wait until an attempt to connect has ended. */
  #waiting: (() => void)[] = [];

  constructor(place: ReadyPlace, settings: LinkSettings, events: LinkEvents) {
    this.name = place.name;
    this.#place = place;
    this.#settings = settings;
    this.#events = events;
    const { codec, socket, connectTimeout, reconnect, heartbeat, clock } = settings;
    this.#client = new Client<Incoming, GearmanOutput>({
      ...socket,
      codec,
      connectTimeout,
      reconnect,
      clock,
      heartbeat: heartbeat === false ? false : { ...heartbeat, ping: () => this.#ping() },
    })
      .onConnect((connection) => this.#connected(connection))
      // There is nothing left to say to a server that breaks the protocol.
      .onError((connection) => connection.destroy())
      .onClose((connection, reason) => this.#lost(connection, reason))
      .onRetry(({ error }) => this.#failed(error as Error));
  }

  /** Whether the server can be asked now. */
  get up(): boolean {
    return this.#exchange?.open === true;
  }

  /** Whether the last attempt to connect failed, or the connection was lost since. */
  get down(): boolean {
    return this.error !== undefined;
  }

  /** Connects, if nobody has asked for that before. */
  start(): void {
    if (this.#kept !== undefined || this.#closed) return;
    this.#kept = this.#client.keep(this.#place.connect);
  }

  /** Connects now rather than after a pause, and resolves when that has succeeded or failed. */
  async attempt(): Promise<void> {
    if (this.up || this.#closed) return;
    const ended = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.start();
    this.#kept!.hurry();
    await ended;
  }

  /** @throws (rejects) why the server cannot be reached */
  async reached(): Promise<void> {
    await this.attempt();
    if (!this.up) throw this.error ?? new ClosedError(this.name);
  }

  /**
   * Sends a request, and gives what answers it to `collect`. A server that does not answer in time is taken for gone, unless the time was the
   * caller's own.
   *
   * @throws {ClosedError} (rejects) there is no connection; nothing was sent
   * @throws as `request` of an exchange does
   */
  async ask<R>(
    message: GearmanOutput,
    collect: (frame: Incoming) => R | undefined,
    options: RequestOptions = {},
  ): Promise<R> {
    const exchange = this.#open();
    const timeout = options.timeout ?? this.#settings.requestTimeout;
    try {
      return await exchange.request(message, collect, { timeout, signal: options.signal });
    } catch (error) {
      const late = error instanceof RequestTimeoutError && error.sent && options.timeout === undefined;
      if (late && exchange === this.#exchange) this.breakOff(new UnansweredError(1));
      throw error;
    }
  }

  /**
   * Sends a packet that is not answered. Resolves when it is on its way; nobody has to wait for that.
   *
   * @throws {ClosedError} there is no connection
   */
  send(message: GearmanOutput): Promise<void> {
    const exchange = this.#open();
    // However long the server takes: what is left out would have the two of them think differently of what was said.
    const sent = exchange.send(message, { timeout: false });
    sent.catch((error: unknown) => {
      if (error instanceof QueueFullError && exchange === this.#exchange) this.breakOff(error);
    });
    return sent;
  }

  /** Whether nothing that was asked waits for its answer: what comes now answers nothing. */
  get quiet(): boolean {
    const exchange = this.#exchange;
    return exchange === undefined || exchange.inFlight + exchange.abandoned === 0;
  }

  /** Takes the server for gone: breaks off, and connects anew. */
  breakOff(error: WireError): void {
    const connection = this.#exchange?.connection;
    connection?.fail(error);
    connection?.destroy();
  }

  /** Ends the connection when what was sent has left, and makes no more. */
  close(options: CloseOptions = {}): Promise<CloseResult> {
    this.#closed = true;
    const closing = this.#client.close(options);
    this.#settle();
    return closing;
  }

  destroy(): void {
    this.#closed = true;
    this.#client.destroy();
    this.#settle();
  }

  #open(): ServerExchange {
    const exchange = this.#exchange;
    if (exchange?.open === true) return exchange;
    throw new ClosedError(`the connection to ${this.name}`, { cause: this.error });
  }

  async #ping(): Promise<void> {
    // Not just anything: whoever is out of step goes on talking.
    await this.ask(PING, (frame) => answer(this.name, frame, PacketType.EchoRes));
  }

  #connected(connection: Connection<Incoming, GearmanOutput>): void {
    this.error = undefined;
    this.#untried = true;
    this.#exchange = new Exchange(connection, {
      isPush: (message) => !(message instanceof TextLine) && this.#events.isPush(message),
      onPush: (message) => this.#events.push(message as Packet),
    });
    this.#events.connected();
    if (gearmanChannels.serverUp.hasSubscribers) gearmanChannels.serverUp.publish({ server: this.name });
    this.#settle();
  }

  #lost(connection: Connection<Incoming, GearmanOutput>, reason: string): void {
    if (connection !== this.#exchange?.connection) return;
    this.#exchange = undefined;
    const error = connection.error ?? new ConnectionLostError(reason, true, undefined);
    this.error = error;
    // A stream that somebody else has destroyed was not meant to be gone by anybody here.
    if (reason === 'destroyed' && !this.#closed) {
      this.#kept = undefined;
      this.#settings.clock.after(RESTART, () => this.start());
    }
    this.#events.lost(error);
    if (gearmanChannels.serverDown.hasSubscribers) gearmanChannels.serverDown.publish({ server: this.name, error });
  }

  #failed(error: Error): void {
    this.error = error;
    // After a loss nothing has failed yet: whoever was waiting by then waits for the attempt that comes next, and not for the pause before it.
    const untried = this.#untried;
    this.#untried = false;
    if (!untried) this.#settle();
    else if (this.#waiting.length > 0) queueMicrotask(() => this.#kept?.hurry());
  }

  #settle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

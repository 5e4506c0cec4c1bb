import { type BinaryRequest, memcachedBinaryServer } from '@wirewright/codec-memcached-binary';
import { memcachedTextServer, type MetaRequest, type Request } from '@wirewright/codec-memcached-text';
import { type Clock, type CodecFactory, protocol, sniff, type SniffChoice } from '@wirewright/core';

import { AdminCommands, type AdminHost } from './admin-commands.ts';
import { BinaryService } from './binary-service.ts';
import type { Client } from './client.ts';
import type { TellFailure } from './handled.ts';
import { Handlers } from './handlers.ts';
import { MetaService } from './meta-service.ts';
import type { MemcachedSettings } from './options.ts';
import { ServerState } from './server-state.ts';
import type { Stats } from './stats/stats.ts';
import { TextLogin } from './text-login.ts';
import { TextService } from './text-service.ts';

/** Bytes of a value by which somebody may log in by text (proto_text.c, `try_read_command_asciiauth`), with what an item takes around it. */
const MAX_LOGIN = 2048;

/** The first byte of a binary request. */
const BINARY_MAGIC = 0x80;

/** Extras and key of a binary request, which do not count for its value, and the most that a body can have. */
const MAX_HEAD = 512;
const MAX_BODY = 1024 ** 3;

/** What the services need of the server that they are of. */
export interface ServiceHost extends AdminHost {
  readonly stats: Stats;
  readonly fail: TellFailure;
}

/** The protocols of a server, and what answers them. */
export class Services<Data> {
  readonly state: ServerState;
  readonly handlers: Handlers<Data> = new Handlers();
  /** The codec of a connection: what it is turns out with its first byte. */
  readonly codec: CodecFactory<never, never>;
  readonly #settings: MemcachedSettings;
  readonly #textCodec: CodecFactory<Request | MetaRequest, never>;
  #text: SniffChoice | undefined = undefined;
  #binary: SniffChoice | undefined = undefined;

  constructor(settings: MemcachedSettings, clock: Clock) {
    const { maxItemSize, compat } = settings;
    this.#settings = settings;
    this.state = new ServerState(settings, clock);
    this.#textCodec = memcachedTextServer({ maxItemSize, compat });
    this.codec = sniff((input) => this.#choose(input.u8(0)));
  }

  /** Begins to answer, for `host`. */
  start(host: ServiceHost): void {
    const { state, handlers } = this;
    const { login, maxItemSize, compat } = this.#settings;
    const { stats } = host;
    const text = new TextService(
      state,
      handlers,
      host.fail,
      new MetaService(state),
      new AdminCommands(state, stats, host),
    );
    const binary = new BinaryService(state, handlers, host.fail, stats);
    const onText = (connection: Client, request: Request | MetaRequest): unknown => text.answer(connection, request);
    const onBinary = (connection: Client, request: BinaryRequest): unknown => binary.answer(connection, request);
    const onFirst = login === undefined ? onText : this.#gate(new TextLogin(state, login), onText);
    const binaryCodec = memcachedBinaryServer({ maxFrameLength: Math.min(maxItemSize + MAX_HEAD, MAX_BODY) });
    // Nobody who has not logged in has much of anything gathered.
    const first = login === undefined ? this.#textCodec : memcachedTextServer({ maxItemSize: MAX_LOGIN, compat });
    this.#text = protocol(first, { onRead: onFirst as never });
    this.#binary = protocol(binaryCodec as CodecFactory<BinaryRequest, never>, { onRead: onBinary as never });
  }

  /** Has nothing answered any more of what a connection sends. */
  silence(connection: Client): void {
    connection.setCodec(this.#textCodec, { onRead: () => {} });
  }

  /** Answers who has not logged in, and has everything else answered when he has. */
  #gate(login: TextLogin, onText: (connection: Client, request: Request | MetaRequest) => unknown) {
    return (connection: Client, request: Request | MetaRequest): unknown =>
      login.answer(connection, request, () => connection.setCodec(this.#textCodec, { onRead: onText as never }));
  }

  #choose(first: number): SniffChoice | undefined {
    const spoken = this.#settings.protocol;
    const binary = spoken === 'auto' ? first === BINARY_MAGIC : spoken === 'binary';
    return binary ? this.#binary : this.#text;
  }
}

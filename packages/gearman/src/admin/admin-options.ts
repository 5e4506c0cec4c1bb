import { gearmanClient, type GearmanOutput, type Packet, type TextLine } from '@wirewright/codec-gearman';
import {
  type Clock,
  type CodecFactory,
  type SocketOptions,
  systemClock,
  timeoutOption,
  type TlsClientOptions,
} from '@wirewright/core';
import { integerOption, knownOptions } from '@wirewright/core/codec';

/** How an {@link AdminClient} connects, and how long an answer may take and be. */
export interface AdminOptions extends SocketOptions {
  /** Milliseconds that connecting may take. Default 5000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Milliseconds that an answer may take from when its command is sent; false for as long as it likes. Default 10,000. A server that takes longer
   * has its connection broken off.
   */
  readonly timeout?: number | false | undefined;
  /** Bytes that one answer may have. Default 16 MiB. */
  readonly maxAnswerLength?: number | undefined;
  /** Commands that may wait to be sent; those beyond are refused. Default 65,536. */
  readonly maxWaiting?: number | undefined;
  /** Encrypts. Default false. */
  readonly tls?: boolean | TlsClientOptions | undefined;
  /** Where time comes from. Default the machine's. */
  readonly clock?: Clock | undefined;
}

/** For one command. */
export interface AdminCallOptions {
  /** Gives up when it is aborted: the promise is rejected with its reason. The server may still do what it was told. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that it may take, connecting included; false for as long as it likes. Default: as the client has it. */
  readonly timeout?: number | false | undefined;
}

/** {@link AdminOptions}, checked and complete. */
export interface AdminSettings {
  readonly codec: CodecFactory<Packet | TextLine, GearmanOutput>;
  readonly socket: SocketOptions;
  readonly connectTimeout: number;
  /** 0 for as long as it likes. */
  readonly timeout: number;
  readonly maxAnswerLength: number;
  readonly maxWaiting: number;
  readonly clock: Clock;
}

/** Bytes of the body of a packet: nothing but an echo is due. */
const MAX_PACKET = 64 * 1024;

const NAMES = ['noDelay', 'keepAlive', 'connectTimeout', 'timeout', 'maxAnswerLength', 'maxWaiting', 'tls', 'clock'];

/** @throws {InvalidOptionError} an option is unknown or out of range */
export function adminSettings(options: AdminOptions): AdminSettings {
  knownOptions('new AdminClient()', options, NAMES);
  const { noDelay, keepAlive } = options;
  const maxAnswerLength = integerOption('maxAnswerLength', options.maxAnswerLength ?? 16 * 1024 ** 2, 1024, 1024 ** 3);
  return {
    codec: gearmanClient({ maxFrameLength: MAX_PACKET, maxLineLength: maxAnswerLength }),
    socket: { noDelay, keepAlive },
    connectTimeout: integerOption('connectTimeout', options.connectTimeout ?? 5000, 1, 2 ** 30),
    timeout: timeoutOption('timeout', options.timeout ?? 10_000),
    maxAnswerLength,
    maxWaiting: integerOption('maxWaiting', options.maxWaiting ?? 65_536, 1),
    clock: options.clock ?? systemClock,
  };
}

import { gearmanClient, type GearmanOutput, type Packet, type TextLine } from '@wirewright/codec-gearman';
import {
  Backoff,
  type BackoffOptions,
  type Clock,
  type CodecFactory,
  type HeartbeatTiming,
  type SocketOptions,
  systemClock,
  type TlsClientOptions,
} from '@wirewright/core';
import { integerOption, knownOptions } from '@wirewright/core/codec';

/** What clients and workers need to know of the connections to their servers. */
export interface LinkOptions extends SocketOptions {
  /** Milliseconds that connecting may take. Default 5000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Milliseconds that a server has for what it answers at once: that it has a job, or has none. One that takes longer has its connection broken
   * off. Default 10,000.
   */
  readonly requestTimeout?: number | undefined;
  /** Sends an ECHO_REQ after `interval` ms of silence, and breaks off when `misses` went unanswered. Default 10,000 and 3; false for none. */
  readonly heartbeat?: HeartbeatTiming | false | undefined;
  /** Pauses between the attempts to connect, with full jitter. Default 50 ms to 10,000 ms. */
  readonly reconnect?: BackoffOptions | undefined;
  /** Encrypts. Default false. */
  readonly tls?: boolean | TlsClientOptions | undefined;
  /** Longest body of a packet in bytes. Default 32 MiB. */
  readonly maxFrameLength?: number | undefined;
  /** Where time comes from. Default the machine's. */
  readonly clock?: Clock | undefined;
}

/** The names of {@link LinkOptions}. */
export const LINK_OPTIONS: readonly string[] = [
  'noDelay',
  'keepAlive',
  'connectTimeout',
  'requestTimeout',
  'heartbeat',
  'reconnect',
  'tls',
  'maxFrameLength',
  'clock',
];

/** {@link LinkOptions}, checked and complete. */
export interface LinkSettings {
  readonly codec: CodecFactory<Packet | TextLine, GearmanOutput>;
  readonly socket: SocketOptions;
  readonly connectTimeout: number;
  readonly requestTimeout: number;
  readonly heartbeat: HeartbeatTiming | false;
  readonly reconnect: BackoffOptions;
  readonly tls: boolean | TlsClientOptions | undefined;
  readonly clock: Clock;
}

/** @throws {InvalidOptionError} an option is out of range */
export function linkSettings(options: LinkOptions): LinkSettings {
  const { noDelay, keepAlive, heartbeat = {}, reconnect = {}, tls, maxFrameLength, clock = systemClock } = options;
  if (heartbeat !== false) knownOptions('heartbeat', heartbeat, ['interval', 'misses']);
  knownOptions('reconnect', reconnect, ['minDelay', 'maxDelay']);
  // Refused now rather than when a connection is lost.
  void new Backoff(reconnect);
  return {
    codec: gearmanClient({ maxFrameLength }),
    socket: { noDelay, keepAlive },
    connectTimeout: integerOption('connectTimeout', options.connectTimeout ?? 5000, 1),
    requestTimeout: integerOption('requestTimeout', options.requestTimeout ?? 10_000, 1),
    heartbeat,
    reconnect,
    tls,
    clock,
  };
}

import { EncodeError, ProtocolError, type WireError } from '../codec/errors.ts';
import {
  FrameTimeoutError,
  HandshakeTimeoutError,
  HeartbeatError,
  NoCodecError,
  OverflowError,
  SocketError,
  TlsError,
  UnansweredError,
  WriteStallError,
} from '../errors.ts';

/**
 * Why a connection closed: the first cause, whatever happened after it.
 *
 * | reason              | what happened                                                              |
 * | ------------------- | -------------------------------------------------------------------------- |
 * | `local`             | `close()` was called here                                                  |
 * | `destroyed`         | `destroy()` was called here, or somebody destroyed the socket underneath   |
 * | `shutdown`          | the server or client that it belongs to was closed                         |
 * | `peer`              | the peer ended, and all it had sent was handled                            |
 * | `reset`             | the peer, or the way to it, broke off                                      |
 * | `socket-error`      | the socket failed in another way                                           |
 * | `protocol-error`    | what the peer sent could not be decoded, or ended in the middle of a frame |
 * | `encode-error`      | a message could not be encoded, and the hook that sent it did not mind it  |
 * | `hook-error`        | a hook threw or rejected                                                   |
 * | `no-codec`          | `onConnect` settled and there was no codec                                 |
 * | `tls-error`         | the handshake of `startTls()`, or of what was sniffed, failed              |
 * | `handshake-timeout` | `onConnect`, or that handshake, did not settle within `handshakeTimeout`   |
 * | `idle`              | nothing went either way for `idleTimeout`                                  |
 * | `frame-timeout`     | a frame was not complete within `frameTimeout` of its first byte           |
 * | `write-stall`       | the peer took nothing of what was sent for `stallTimeout`                  |
 * | `overflow`          | more was sent than `maxBufferedBytes` while the peer did not read          |
 * | `heartbeat`         | the peer did not answer the pings of `heartbeat`                           |
 * | `unanswered`        | more requests than the window timed out and were never answered            |
 */
export type CloseReason =
  | 'handshake-timeout'
  | 'idle'
  | 'frame-timeout'
  | 'write-stall'
  | 'overflow'
  | 'heartbeat'
  | 'unanswered'
  | 'local'
  | 'destroyed'
  | 'shutdown'
  | 'peer'
  | 'reset'
  | 'socket-error'
  | 'protocol-error'
  | 'tls-error'
  | 'encode-error'
  | 'hook-error'
  | 'no-codec';

/** Reasons for which everything that was sent has been written before the end. */
export const IN_GOOD_ORDER: ReadonlySet<CloseReason> = new Set<CloseReason>(['local', 'peer', 'shutdown', 'idle']);

const RESET = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT']);

/** The reason that an error closes a connection for. */
export function closeReasonOf(error: WireError): CloseReason {
  if (error instanceof ProtocolError) return 'protocol-error';
  if (error instanceof EncodeError) return 'encode-error';
  if (error instanceof TlsError) return 'tls-error';
  if (error instanceof NoCodecError) return 'no-codec';
  if (error instanceof FrameTimeoutError) return 'frame-timeout';
  if (error instanceof WriteStallError) return 'write-stall';
  if (error instanceof OverflowError) return 'overflow';
  if (error instanceof HeartbeatError) return 'heartbeat';
  if (error instanceof HandshakeTimeoutError) return 'handshake-timeout';
  if (error instanceof UnansweredError) return 'unanswered';
  if (error instanceof SocketError)
    return RESET.has((error.cause as NodeJS.ErrnoException).code ?? '') ? 'reset' : 'socket-error';
  return 'hook-error';
}

import { type Channel, channel } from 'node:diagnostics_channel';

import type { WireError } from '../codec/errors.ts';
import type { CloseReason } from './close-reason.ts';
import type { Connection } from './connection.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- subscribers see the connections of every protocol
export type AnyConnection = Connection<any, any, any>;

/** What `wirewright:connection:open` publishes: the connection is there, `onConnect` has not been called yet. */
export interface ConnectionOpened {
  /** The new connection. Its `data` and its codec come with `onConnect`. */
  readonly connection: AnyConnection;
}

/** What `wirewright:connection:refuse` publishes, and `onRefuse` is told: a socket that was destroyed before it was a connection. */
export interface ConnectionRefused {
  /** Why: a `RefusedError`, `TlsError`, `HandshakeTimeoutError`, or a `ProtocolError` in the header of a proxy. */
  readonly error: WireError;
  /** Where it came from: the proxy, if there is one. Undefined for unix sockets, and for peers that were gone before. */
  readonly remoteAddress: string | undefined;
  /** The port that it came from; undefined where `remoteAddress` is. */
  readonly remotePort: number | undefined;
  /** The port of this side that it had connected to; undefined for unix sockets. */
  readonly localPort: number | undefined;
}

/** What `wirewright:connection:close` publishes, before `onClose` is called. */
export interface ConnectionClosed {
  /** The connection that closed; its counters are final. */
  readonly connection: AnyConnection;
  /** Why: what `onClose` will be told. */
  readonly reason: CloseReason;
}

/** What `wirewright:connection:error` and `wirewright:connection:timeout` publish: the first error of a connection. */
export interface ConnectionFailed {
  /** The connection that the error closes. */
  readonly connection: AnyConnection;
  /** Undefined when the connection was merely idle for too long. */
  readonly error: Error | undefined;
}

/** What `wirewright:frame:in` and `wirewright:frame:out` publish. */
export interface FrameSeen {
  /** The connection that the frame came on, or leaves on. */
  readonly connection: AnyConnection;
  /** What the codec decoded, or was given to encode; a lazy view is valid until the subscriber returns. */
  readonly message: unknown;
  /** The bytes of the frame, valid until the subscriber returns; a codec that consumed it in steps leaves the last one here. */
  readonly bytes: Uint8Array;
}

/** What `wirewright:request:start` publishes; the very object comes again with `wirewright:request:end`, completed. */
export interface RequestSeen {
  /** The connection of the exchange that the request was made on. */
  readonly connection: AnyConnection;
  /** What was sent, as it was given to `request`. */
  readonly message: unknown;
  /** When it was made: `performance.now()`. */
  readonly startedAt: number;
  /** What the request was rejected with; undefined when it was answered. */
  error?: unknown;
  /** Milliseconds from the request to its reply, error or end. */
  duration?: number;
}

/** What `wirewright:client:retry` publishes, before each pause. */
export interface RetrySeen {
  /** Which attempt failed, from 1. */
  readonly attempt: number;
  /** Milliseconds until the next. */
  readonly delay: number;
  /** What the attempt failed with, or what the connection was lost with. */
  readonly error: unknown;
}

/** What the `server:down` and `server:up` channels of clients with several servers publish. */
export interface ServerSeen {
  /** The server, as `servers` has it. */
  readonly server: string;
  /** Why it is down; undefined when it is back. */
  readonly error?: unknown;
}

interface Channels {
  /** A connection was made. */
  readonly connectionOpen: Channel<unknown, ConnectionOpened>;
  /** A socket was destroyed before it was a connection. */
  readonly connectionRefuse: Channel<unknown, ConnectionRefused>;
  /** A connection has closed. */
  readonly connectionClose: Channel<unknown, ConnectionClosed>;
  /** A connection has failed. */
  readonly connectionError: Channel<unknown, ConnectionFailed>;
  /** A connection was idle for too long, or something on it took too long. */
  readonly connectionTimeout: Channel<unknown, ConnectionFailed>;
  /** A frame was decoded. */
  readonly frameIn: Channel<unknown, FrameSeen>;
  /** A message was encoded. */
  readonly frameOut: Channel<unknown, FrameSeen>;
  /** A request was made. */
  readonly requestStart: Channel<unknown, RequestSeen>;
  /** A request was answered or given up. */
  readonly requestEnd: Channel<unknown, RequestSeen>;
  /** A client or pool has failed to connect, and will try again. */
  readonly clientRetry: Channel<unknown, RetrySeen>;
}

function open<Message>(name: string): Channel<unknown, Message> {
  return channel(`wirewright:${name}`) as Channel<unknown, Message>;
}

/**
 * The `node:diagnostics_channel` channels that Wirewright publishes to. While nobody subscribes nothing is computed for them. What a
 * subscriber throws is an uncaught exception of the process, as Node has it.
 */
export const channels: Channels = {
  connectionOpen: open('connection:open'),
  connectionRefuse: open('connection:refuse'),
  connectionClose: open('connection:close'),
  connectionError: open('connection:error'),
  connectionTimeout: open('connection:timeout'),
  frameIn: open('frame:in'),
  frameOut: open('frame:out'),
  requestStart: open('request:start'),
  requestEnd: open('request:end'),
  clientRetry: open('client:retry'),
};

export type { BackoffOptions } from './client/backoff.ts';
export type { ClientOptions, ConnectOptions } from './client/client.ts';
export type { ConnectPlace, PlaceDefaults, ReadyPlace, ServerPlace } from './client/connect-place.ts';
export type { Dialer } from './client/dial.ts';
export type { PoolCounters } from './client/pool-counters.ts';
export type { PoolOptions } from './client/pool-options.ts';
export type { KeptConnection, ReconnectOptions } from './client/reconnect.ts';
export type { ServerStatus } from './client/server-status.ts';
export type { Codec, CodecFactory, Description } from './codec/codec.ts';
export type {
  ConnectionClosed,
  ConnectionFailed,
  ConnectionOpened,
  ConnectionRefused,
  FrameSeen,
  RequestSeen,
  RetrySeen,
  ServerSeen,
} from './connection/channels.ts';
export type { Clock } from './connection/clock.ts';
export type { CloseOptions, CloseResult, Grace } from './connection/close-all.ts';
export type { CloseReason } from './connection/close-reason.ts';
export type { ConnectionCounters } from './connection/connection.ts';
export type { StartTlsOptions } from './connection/handshake.ts';
export type { HookName, Hooks } from './connection/hooks.ts';
export type { ConnectionOptions, ConnectionRole, HeartbeatOptions, HeartbeatTiming } from './connection/options.ts';
export type { Place } from './connection/place.ts';
export type { Sniff, SniffChoice, SniffOptions } from './connection/sniffer.ts';
export type { SocketOptions } from './connection/socket-options.ts';
export type { AbortWatcher } from './exchange/abort-watch.ts';
export type { ExchangeOptions, Matching, RequestOptions } from './exchange/options.ts';
export type { ExchangeCounters } from './exchange/outcomes.ts';
export type { LatencyOption, LatencyRecorder } from './observe/latency.ts';
export type { TrafficCounters } from './observe/traffic.ts';
export type { WireLog, WireLogOptions } from './observe/wire-log.ts';
export type { Addresses } from './server/address-list.ts';
export type { AdmissionOptions } from './server/admission.ts';
export type { EntranceOptions } from './server/entrance.ts';
export type { ListenOptions } from './server/listening.ts';
export type { ServerOptions } from './server/options.ts';
export type { ServerCounters } from './server/server.ts';
export type { ProxyOptions } from './server/trusted-proxies.ts';
export type { TlsClientOptions, TlsServerOptions } from './tls/tls-options.ts';

export { Backoff } from './client/backoff.ts';
export { Client } from './client/client.ts';
export { readPlace, readPlaces } from './client/connect-place.ts';
export { Pool } from './client/pool.ts';
export {
  CodecStuckError,
  DecodeError,
  describeCause,
  EncodeError,
  FrameTooLargeError,
  InvalidOptionError,
  ProtocolError,
  TruncatedFrameError,
  WireError,
} from './codec/errors.ts';
export { channels } from './connection/channels.ts';
export { systemClock } from './connection/clock.ts';
export { closedTogether, graceOf } from './connection/close-all.ts';
export { Connection } from './connection/connection.ts';
export { callUnheard, declared } from './connection/hooks.ts';
export { isThenable } from './connection/is-thenable.ts';
export { timeoutOption } from './connection/options.ts';
export { beginsTls, protocol, sniff } from './connection/sniffer.ts';
export { toDuplex } from './connection/to-duplex.ts';
export { waitFor } from './connection/wait-for.ts';
export {
  AddressDeniedError,
  AddressInUseError,
  CertificateError,
  ClosedError,
  ConnectError,
  ConnectionLostError,
  ConnectTimeoutError,
  DuplicateIdError,
  FrameTimeoutError,
  HandlerError,
  HandlerTimeoutError,
  HandshakeTimeoutError,
  HeartbeatError,
  HookError,
  ListenError,
  NoCodecError,
  OverflowError,
  PlaintextBufferedError,
  PoolTimeoutError,
  QueueFullError,
  RefusedError,
  RequestTimeoutError,
  SocketError,
  TlsError,
  TooManyConnectionsError,
  UnansweredError,
  UnavailableError,
  UnexpectedReplyError,
  UntrustedProxyError,
  WriteStallError,
} from './errors.ts';
export { AbortWatch } from './exchange/abort-watch.ts';
export { Exchange } from './exchange/exchange.ts';
export { Pipeline } from './exchange/pipeline.ts';
export { wireLog } from './observe/wire-log.ts';
export { AcceptError } from './server/accept-error.ts';
export { onStopSignals } from './server/on-stop-signals.ts';
export { SERVER_OPTIONS } from './server/options.ts';
export { Server } from './server/server.ts';

export type { Codec, CodecFactory } from './codec/codec.ts';
export type { ClientOptions } from './client/client.ts';
export type { ConnectOptions } from './client/connect-socket.ts';
export type { Clock } from './connection/clock.ts';
export type { CloseOptions, CloseResult } from './connection/close-all.ts';
export type { CloseReason } from './connection/close-reason.ts';
export type { ConnectionCounters } from './connection/connection.ts';
export type { HookName, Hooks } from './connection/hooks.ts';
export type { ConnectionOptions, ConnectionRole } from './connection/options.ts';
export type { Place, SocketOptions } from './connection/socket-options.ts';
export type { ListenOptions } from './server/listening.ts';
export type { ServerOptions } from './server/server.ts';

export { Client } from './client/client.ts';
export {
  CodecStuckError,
  DecodeError,
  EncodeError,
  FrameTooLargeError,
  InvalidOptionError,
  ProtocolError,
  TruncatedFrameError,
  WireError,
} from './codec/errors.ts';
export { systemClock } from './connection/clock.ts';
export { Connection } from './connection/connection.ts';
export {
  AddressInUseError,
  ClosedError,
  ConnectError,
  ConnectTimeoutError,
  HookError,
  ListenError,
  NoCodecError,
  SocketError,
} from './errors.ts';
export { Server } from './server/server.ts';
export type { ExchangeCounters } from './exchange/exchange.ts';
export type { ExchangeOptions, Matching, RequestOptions } from './exchange/options.ts';
export { Exchange } from './exchange/exchange.ts';
export { Pipeline } from './exchange/pipeline.ts';

import type { CodecFactory } from '../codec/codec.ts';
import { CONNECTION_OPTIONS, type ConnectionOptions } from '../connection/options.ts';
import { SOCKET_OPTIONS, type SocketOptions } from '../connection/socket-options.ts';
import type { LatencyOption } from '../observe/latency.ts';
import { ADMISSION_OPTIONS, type AdmissionOptions } from './admission.ts';

/** Options of a `Server`: the codec, who may connect, and what holds for each connection. */
export interface ServerOptions<In, Out = In, Data = unknown>
  extends ConnectionOptions<Data>, SocketOptions, AdmissionOptions {
  /** Makes the codec of each connection. Without it, `onConnect` has to call `connection.setCodec`. */
  readonly codec?: CodecFactory<In, Out> | undefined;
  /** Records how long `onRead` takes, until what it returns has settled: true for a histogram of its own, or what takes them. Default false. */
  readonly latency?: LatencyOption | undefined;
}

/** Those that are none of a connection's. */
export const OWN_OPTIONS: readonly string[] = ['codec', 'latency', ...SOCKET_OPTIONS, ...ADMISSION_OPTIONS];

/** The names of {@link ServerOptions}: for servers that take them and some of their own. */
export const SERVER_OPTIONS: readonly string[] = [...OWN_OPTIONS, ...CONNECTION_OPTIONS];

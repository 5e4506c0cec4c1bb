import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What a connection needs of a stream: any `net.Socket`, `tls.TLSSocket` or `stream.Duplex` of bytes has it. */
export interface Transport {
  readonly writableLength: number;
  readonly destroyed: boolean;
  readonly connecting?: boolean;
  readonly writableCorked?: number;
  readonly readableEnded?: boolean;
  readonly writableEnded?: boolean;
  allowHalfOpen?: boolean;
  /** Of a socket, inside Node. Nothing depends on it being there. */
  readonly _handle?: StreamHandle | null;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'end' | 'close', listener: () => void): unknown;
  write(chunk: Uint8Array, callback?: () => void): boolean;
  cork(): void;
  uncork(): void;
  end(): unknown;
  isPaused?(): boolean;
  pause(): unknown;
  resume(): unknown;
  destroy(error?: Error): unknown;
}

interface StreamHandle {
  /** The bytes of the write in progress that the kernel has not taken yet. */
  readonly writeQueueSize?: number;
  /** What is underneath, where the stream encrypts: that is what the kernel takes bytes of. */
  readonly _parent?: StreamHandle;
}

/** The socket that a transport is, if it is one. */
export function socketOf(transport: Transport): Socket | undefined {
  return transport instanceof Socket ? transport : undefined;
}

/** Whether a transport is a socket that reads and writes as the kernel does: no layer lies between. */
export function isPlainSocket(transport: Transport): boolean {
  return Object.getPrototypeOf(transport) === Socket.prototype;
}

/** Whether a transport is a socket that encrypts as Node does. */
export function isTlsSocket(transport: Transport): boolean {
  return Object.getPrototypeOf(transport) === TLSSocket.prototype;
}

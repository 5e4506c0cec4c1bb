/** What a connection needs of a stream: any `net.Socket`, `tls.TLSSocket` or `stream.Duplex` of bytes has it. */
export interface Transport {
  readonly writableLength: number;
  readonly destroyed: boolean;
  readonly readableEnded?: boolean;
  allowHalfOpen?: boolean;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  write(chunk: Uint8Array, callback?: () => void): boolean;
  cork(): void;
  uncork(): void;
  end(): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(error?: Error): unknown;
}

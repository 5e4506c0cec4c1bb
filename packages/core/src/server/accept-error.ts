import { WireError } from '../codec/errors.ts';

const OUT_OF_DESCRIPTORS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/** A server cannot accept connections for the moment; `cause` has Node's error. `WIRE_ACCEPT_FAILED`. */
export class AcceptError extends WireError {
  constructor(cause: NodeJS.ErrnoException) {
    const advice = isOutOfDescriptors(cause)
      ? 'out of file descriptors: new connections are closed unserved until some are free; raise the limit (ulimit -n) or lower maxConnections'
      : cause.message;
    super('WIRE_ACCEPT_FAILED', `cannot accept connections: ${advice}`, { cause });
  }
}

export function isOutOfDescriptors(error: NodeJS.ErrnoException): boolean {
  return OUT_OF_DESCRIPTORS.has(error.code ?? '');
}

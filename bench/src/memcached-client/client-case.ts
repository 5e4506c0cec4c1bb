/** What one row of the table measures. */
export interface ClientCase {
  readonly name: string;
  readonly operation: 'get' | 'set';
  /** Callers, each of which waits for its answer before it asks again. */
  readonly callers: number;
  readonly keys: number;
  /** Bytes of a value. */
  readonly size: number;
  /** Whether clients that take bytes are given bytes; otherwise all are given text. */
  readonly asBytes: boolean;
  /** The least ratio to the best of the other clients that is acceptable. */
  readonly bar: number;
  /** Whether bytes are counted rather than operations. */
  readonly inBytes: boolean;
}

function small(operation: 'get' | 'set', callers: number, bar: number): ClientCase {
  return {
    name: `${operation}, ${callers} in flight`,
    operation,
    callers,
    keys: 1000,
    size: 100,
    asBytes: false,
    bar,
    inBytes: false,
  };
}

/** Few keys, so that those of all clients fit into the server at once. */
function large(operation: 'get' | 'set', asBytes = false): ClientCase {
  return {
    name: `${operation} of 900 KB${asBytes ? ' as bytes' : ''}`,
    operation,
    callers: 1,
    keys: 8,
    size: 900_000,
    asBytes,
    bar: 1.5,
    inBytes: true,
  };
}

/** What is measured, in this order. */
export const CASES: readonly ClientCase[] = [
  small('get', 1, 1),
  small('get', 64, 6),
  small('get', 1000, 10),
  small('set', 1, 1),
  small('set', 64, 6),
  small('set', 1000, 10),
  large('get'),
  large('set'),
  large('set', true),
];

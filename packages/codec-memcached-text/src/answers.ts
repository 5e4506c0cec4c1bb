/** Which memcached the answers to malformed lines are those of. */
export type Compat = '1.6.18' | '1.6.45';

/** What memcached says to malformed input. */
export const Answer = {
  Error: 'ERROR',
  BadLine: 'CLIENT_ERROR bad command line format',
  BadChunk: 'CLIENT_ERROR bad data chunk',
  BadDelete: 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]',
  BadExptime: 'CLIENT_ERROR invalid exptime argument',
  BadDelta: 'CLIENT_ERROR invalid numeric delta argument',
  TooLarge: 'SERVER_ERROR object too large for cache',
  BadToken: 'CLIENT_ERROR bad token in command line format',
  BadKey: 'CLIENT_ERROR error decoding key',
  BadModeLength: 'CLIENT_ERROR incorrect length for M token',
  BadStoreMode: 'CLIENT_ERROR invalid mode for ms M token',
  BadArithmeticMode: 'CLIENT_ERROR invalid mode for ma M token',
  BadInitial: 'CLIENT_ERROR invalid numeric initial value',
  BadMetaDelta: 'CLIENT_ERROR invalid numeric delta value',
  DuplicateFlag: 'CLIENT_ERROR duplicate flag',
  InvalidFlag: 'CLIENT_ERROR invalid flag',
  InvalidOrDuplicateFlag: 'CLIENT_ERROR invalid or duplicate flag',
  LongOpaque: 'CLIENT_ERROR opaque token too long',
  ManyFlags: 'CLIENT_ERROR options flags are too long',
  /** The same of 1.6.18, to all but `mg`. */
  ManyFlags18: 'CLIENT_ERROR options flags too long',
} as const;

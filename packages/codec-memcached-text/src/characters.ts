/** Bytes that mean something on a line. */
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;

export const CRLF = '\r\n';
/** The same as a 16-bit integer. */
export const CRLF_BYTES = 0x0d0a;

/** Longest key in bytes (memcached.h, KEY_MAX_LENGTH). */
export const MAX_KEY_LENGTH = 250;

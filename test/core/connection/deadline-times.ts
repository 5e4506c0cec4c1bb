export const HOUR = 3_600_000;
export const DAY: number = 24 * HOUR;

/** How late a deadline of `ms` may be. */
export const slack = (ms: number): number => Math.max(10, ms / 8);

/** Without the deadlines that a connection has by default. */
export const OFF = { frameTimeout: false, stallTimeout: false, handshakeTimeout: false } as const;

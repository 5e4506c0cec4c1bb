/** Milliseconds that a test waits for what is bound to come, however busy the machine is; less than a test may take. */
export const PATIENCE = 45_000;

/** {@link PATIENCE} as `vi.waitFor` and `vi.waitUntil` take it. */
export const patient = { timeout: PATIENCE, interval: 5 };

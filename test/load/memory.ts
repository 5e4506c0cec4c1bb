const MiB = 1024 * 1024;

/** What the process holds, in bytes. */
export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** What is left when all garbage is gone, where the collector can be called. */
export async function held(): Promise<Memory> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return now();
}

export function now(): Memory {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsed, external, rss };
}

/** What is held as soon as that is about what was held at `start`; after a while, what is held anyway. */
export async function heldAgain(start: Memory): Promise<Memory> {
  const end = performance.now() + 15_000;
  for (;;) {
    const memory = await held();
    if (memory.heapUsed + memory.external <= about(start) || performance.now() > end) return memory;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The most that is still about as much as was held at `start`. */
export function about({ heapUsed, external }: Memory): number {
  return (heapUsed + external) * 1.03 + 2 * MiB;
}

export function inMB(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

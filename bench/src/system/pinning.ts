import { spawnSync } from 'node:child_process';

/** Where the two ends of a benchmark run: a core each, or wherever the scheduler puts them. */
export interface Pinning {
  /** Command prefix for a server, empty when not pinned. */
  readonly server: readonly string[];
  /** Command prefix for a load generator, empty when not pinned. */
  readonly generator: readonly string[];
  /** For the machine line. */
  readonly description: string;
}

const canPinTo = (core: number): boolean => spawnSync('taskset', ['-c', `${core}`, 'true']).status === 0;

/** Pins to cores 0 and 1 where `taskset` exists and both cores may be used, unless nothing is `wanted`. */
export function findPinning(wanted: boolean = true): Pinning {
  if (!wanted) return { server: [], generator: [], description: 'not pinned' };
  if (canPinTo(0) && canPinTo(1)) {
    return {
      server: ['taskset', '-c', '0'],
      generator: ['taskset', '-c', '1'],
      description: 'pinned: server on core 0, generator on core 1',
    };
  }
  return { server: [], generator: [], description: 'NOT pinned (no taskset, or cores 0 and 1 are not both usable)' };
}

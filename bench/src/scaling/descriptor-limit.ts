import { spawnSync } from 'node:child_process';

/** How many descriptors a program that this process starts may have; infinite where nobody says. */
export function descriptorLimit(): number {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' });
  return Number.parseInt(stdout, 10) || Infinity;
}

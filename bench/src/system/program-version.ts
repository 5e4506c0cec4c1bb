import { spawnSync } from 'node:child_process';

/** The first line of what a program says of its version, without where to report bugs. */
export function programVersion(program: string, option: string = '--version'): string {
  return spawnSync(program, [option], { encoding: 'utf8' })
    .stdout.trim()
    .split(/\n| - /, 1)[0]!;
}

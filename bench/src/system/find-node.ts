import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * The binary of a version of Node, such as `22`: that of the npm package `node`, which npm fetches when it has not got it. A path is
 * taken as it is.
 */
export function findNode(versionOrPath: string): string {
  if (existsSync(versionOrPath)) return versionOrPath;
  const args = ['exec', '--yes', `--package=node@${versionOrPath}`, '--', 'node', '-p', 'process.execPath'];
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error(
    `there is no Node "${versionOrPath}", neither as a file nor as a version of the npm package node: ${stderr.trim()}`,
  );
}

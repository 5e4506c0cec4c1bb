import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes the process id to a file, and has it removed when the process ends. Returns a line of warning when somebody else seems to have it, as
 * memcached does, or when it cannot be written.
 */
export function writePidFile(path: string): string | undefined {
  const owner = ownerOf(path);
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    return `Could not open the pid file ${path} for writing: ${(error as Error).message}`;
  }
  process.on('exit', () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
  });
  return owner === undefined ? undefined : `WARNING: The pid file contained the following (running) pid: ${owner}`;
}

/** The process that a file names, if it runs. */
function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

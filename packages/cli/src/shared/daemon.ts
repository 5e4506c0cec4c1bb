import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { Exit, ExitStatus } from './exit.ts';

/** Tells a process that it is the one in the background. */
const MARK = 'WIREWRIGHT_DAEMON';

/** What the process in the background tells the one that started it: lines to print, and then that it serves, or how it ends. */
type News = { readonly line: string } | { readonly serving: true } | { readonly status: number };

/** Whether this is the process in the background. */
export function isDaemon(): boolean {
  return process.env[MARK] === '1' && process.send !== undefined;
}

/**
 * Starts this program again in the background, in a session of its own, and waits until it serves.
 *
 * @throws {Exit} it does not
 */
export async function startDaemon(say: (line: string) => void): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, [MARK]: '1' },
  });
  let status: number | undefined;
  const serving = new Promise<void>((resolve) => {
    child.on('message', (news: News) => {
      if ('line' in news) say(news.line);
      else if ('serving' in news) resolve();
      else status = news.status;
    });
  });
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => {
    throw new Exit(status ?? code ?? ExitStatus.Failure);
  });
  await Promise.race([serving, ended]);
  ended.catch(() => {});
  child.disconnect();
  child.unref();
}

/** In the background: a line for whoever has started it, as long as it is there. */
export function tellStarter(line: string): void {
  send({ line });
}

/** In the background: it serves, and whoever has started it may go. */
export function tellServing(): void {
  send({ serving: true });
  if (process.connected) process.disconnect();
  // It is in nobody's way when a file system is unmounted.
  process.chdir('/');
}

/** In the background: it cannot serve. */
export function tellFailed(status: number): void {
  send({ status });
}

function send(news: News): void {
  if (process.connected) process.send?.(news);
}

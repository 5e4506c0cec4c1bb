import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { freePort, program, Running } from './programs.ts';

/** Where Debian puts the programs of each version, none of them in the path. */
const VERSIONS = '/usr/lib/postgresql';

/** PostgreSQL's server refuses to run as root: there, it runs as the user that its package makes. */
const USER = 'postgres';

/** A cluster of PostgreSQL of its own, on a free port, with what a server has that is to lose nothing. */
export class Postgres {
  readonly connection: string;
  readonly #folder: string;
  readonly #bin: string;
  readonly #port: number;
  #running: Running | undefined = undefined;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
    this.connection = `postgresql://${USER}@127.0.0.1:${port}/postgres`;
  }

  /** Undefined when it is not installed, which is said, as by {@link program}. */
  static async start(): Promise<Postgres | undefined> {
    const bin = newest();
    if (bin === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'wirewright-postgres-'));
    if (isRoot()) chown(folder);
    chmodSync(folder, 0o700);
    const [path, ...args] = asUser(join(bin, 'initdb'), '-D', join(folder, 'data'), '-U', USER, '-A', 'trust', '-N');
    execFileSync(path!, args, { cwd: '/', stdio: 'pipe' });
    const cluster = new Postgres(bin, folder, await freePort());
    await cluster.resume();
    return cluster;
  }

  /** Starts it once more after {@link stop}, on the same port. */
  async resume(): Promise<void> {
    const settings = [`unix_socket_directories=${this.#folder}`, 'listen_addresses=127.0.0.1', `port=${this.#port}`];
    const args = ['-D', join(this.#folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
    const [path, ...rest] = asUser(join(this.#bin, 'postgres'), ...args);
    this.#running = new Running(path!, rest);
    await this.#running.says(/database system is ready to accept connections/);
  }

  /** Has it break off all connections, write what it has and end. */
  async stop(): Promise<void> {
    this.#running?.process.kill('SIGINT');
    await this.#running?.ended;
    this.#running = undefined;
  }

  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The folder of the programs of the newest version. */
function newest(): string | undefined {
  const versions = list(VERSIONS).map(Number);
  if (versions.length > 0) return join(VERSIONS, String(Math.max(...versions)), 'bin');
  // It may be elsewhere, or else this says what to do.
  const path = program('postgres', 'postgresql');
  return path === undefined ? undefined : dirname(path);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function asUser(path: string, ...args: readonly string[]): string[] {
  return isRoot() ? ['setpriv', '--reuid', USER, '--regid', USER, '--init-groups', path, ...args] : [path, ...args];
}

function chown(folder: string): void {
  execFileSync('chown', [`${USER}:${USER}`, folder]);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { delimiter, join } from 'node:path';

/** Where Debian puts servers, which is not in everybody's path. */
const MORE_PLACES = ['/usr/sbin', '/sbin'];

/**
 * The path of a program that tests run against. Without it they are to be skipped, which is said in a line; where
 * `WIREWRIGHT_PEERS=required` is set, as in CI, it is an error.
 *
 * @param debian the Debian package that it is in
 * @param isIt tells it from others of the same name
 */
export function program(
  name: string,
  debian: string = name,
  isIt: (path: string) => boolean = () => true,
): string | undefined {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_PLACES]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (isIt(path)) return path;
    } catch {
      // Not there.
    }
  }
  skipped(name, debian);
  return undefined;
}

/** Says that tests against something are skipped, since it is not installed; see {@link program}. */
export function skipped(name: string, debian: string): void {
  const missing = `${name} is not installed (Debian: apt-get install ${debian})`;
  if (process.env['WIREWRIGHT_PEERS'] === 'required') throw new Error(missing);
  process.stderr.write(`skipped: tests against ${name}, since ${missing}\n`);
}

/** A program that runs, and what it has said. */
export class Running {
  readonly process: ChildProcess;
  output = '';
  readonly ended: Promise<number | null>;
  #waiting: (() => void)[] = [];

  constructor(path: string, args: readonly string[]) {
    this.process = spawn(path, args, { stdio: 'pipe' });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('latin1');
        this.#seen();
      });
    }
    this.process.stdin!.on('error', () => {});
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', (code) => {
        resolve(code);
        this.#seen();
      });
    });
  }

  say(text: string): void {
    this.process.stdin!.write(text);
  }

  /** Resolves when it has said what matches; rejects when it cannot any more. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      if (this.process.exitCode !== null) throw new Error(`it ended with ${this.process.exitCode}:\n${this.output}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  destroy(): void {
    this.process.kill('SIGKILL');
  }

  #seen(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Resolves when it accepts connections; for programs that do not say when they do, or say far too much besides. */
export async function accepting(running: Running, place: NetConnectOpts): Promise<void> {
  while (!(await isOpen(place))) {
    if (running.process.exitCode !== null) {
      throw new Error(`it ended with ${running.process.exitCode}:\n${running.output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function isOpen(place: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place, () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

/** Below those that systems give out by themselves, so that nobody gets one of these who asks for any; and a part of them for each process. */
const FIRST_PORT = 12_000;
const PORTS_EACH = 100;
const PARTS = 200;

let ports = 0;

/**
 * A port that nobody listens on, for programs that cannot choose one, and for servers that come back at the port where they were. This
 * process gets it once.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + (process.pid % PARTS) * PORTS_EACH + (ports++ % PORTS_EACH);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const listener = createServer()
      .on('error', () => resolve(false))
      .listen(port, () => listener.close(() => resolve(true)));
  });
}

import { Running } from '../../support/programs.ts';
import { GearmanLine } from '../gearman/gearman-line.ts';

/** Has something done at the end of a test: they run at the same time, so each has its own. */
export type Finish = (end: () => Promise<void>) => void;

/** What a program said, and how it ended. */
export interface Outcome {
  readonly output: string;
  readonly code: number | null;
}

/** Starts a program, which ends with the test at the latest. */
export function start(finish: Finish, path: string, args: readonly string[]): Running {
  const running = new Running(path, args);
  finish(async () => running.destroy());
  return running;
}

/** Runs a program to its end, with `input` to read. */
export async function run(finish: Finish, path: string, args: readonly string[], input: string = ''): Promise<Outcome> {
  const running = start(finish, path, args);
  running.process.stdin!.end(Buffer.from(input, 'latin1'));
  return { code: await running.ended, output: running.output };
}

/** An administrator, who asks until the answer is as it is to be. */
export class Admin {
  readonly #line: GearmanLine;

  private constructor(line: GearmanLine) {
    this.#line = line;
  }

  static async of(port: number, finish: Finish): Promise<Admin> {
    const line = await GearmanLine.to(port);
    finish(async () => line.destroy());
    return new Admin(line);
  }

  async ask(command: string): Promise<string> {
    this.#line.send(Buffer.from(`${command}\n`));
    const { bytes } = await this.#line.fence();
    return bytes.toString('latin1');
  }

  async until(command: string, pattern: RegExp): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      if (pattern.test(await this.ask(command))) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${command} never says ${pattern.source}, but ${await this.ask(command)}`);
  }
}

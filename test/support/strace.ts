import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';

import { program } from './programs.ts';

/** A system call on a file or socket. Times are places in the order in which everything of the process began and ended. */
export interface SystemCall {
  readonly name: string;
  /** The path of a file, or `TCP:[<local>-><remote>]`. */
  readonly target: string;
  /** What was written. */
  readonly data: Buffer;
  readonly begun: number;
  readonly ended: number;
}

/** Arguments by which strace writes what {@link systemCalls} reads to a file: everything in hex, with all bytes of a write. */
export function straceArguments(output: string, ...names: readonly string[]): string[] {
  return ['-f', '-yy', '-xx', '-s', `${1024 * 1024}`, '-o', output, '-e', `trace=${names.join(',')}`];
}

/** The path of strace; undefined, which is said in a line, where it is missing or processes may not be traced. */
export function strace(): string | undefined {
  const path = program('strace');
  if (path === undefined) return undefined;
  if (spawnSync(path, ['-o', '/dev/null', 'true']).status === 0) return path;
  process.stderr.write('skipped: tests that trace system calls, since strace is not permitted to\n');
  return undefined;
}

const CALL = /^(?<thread>\d+) +(?<name>\w+)\(\d+<(?<target>TCP[^\]]*\]|[^>]*)>(?<rest>.*)$/;
const RESUMED = /^(?<thread>\d+) +<\.\.\. \w+ resumed>(?<rest>.*)$/;
const UNFINISHED = ' <unfinished ...>';
const RESULT = / = (?<result>-?\d+)[^"]*$/;

/** The calls that a trace tells of, in the order in which they began. Those that failed are left out. */
export function systemCalls(trace: string): SystemCall[] {
  const calls: SystemCall[] = [];
  /** By thread: what has begun and not ended. */
  const unfinished = new Map<string, { readonly begun: number; readonly line: string }>();
  for (const [index, text] of trace.split('\n').entries()) {
    const resumed = RESUMED.exec(text)?.groups;
    const start = resumed === undefined ? undefined : unfinished.get(resumed['thread']!);
    const line = start === undefined ? text : start.line + resumed!['rest']!;
    const { thread, name, target, rest } = CALL.exec(line)?.groups ?? {};
    if (thread === undefined) continue;
    if (line.endsWith(UNFINISHED)) {
      unfinished.set(thread, { begun: index, line: line.slice(0, -UNFINISHED.length) });
      continue;
    }
    unfinished.delete(thread);
    const result = Number(RESULT.exec(rest!)?.groups?.['result'] ?? -1);
    if (result < 0) continue;
    const data = writtenIn(rest!);
    const begun = start?.begun ?? index;
    // A write may have taken less than it was given.
    calls.push({ name: name!, target: unhex(target!), data: data.subarray(0, result), begun, ended: index });
  }
  calls.sort((a, b) => a.begun - b.begun);
  return calls;
}

/** The bytes of all strings, as those of a writev belong together. */
function writtenIn(text: string): Buffer {
  const strings = Array.from(text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g), ([, hex = '']) => hex);
  return Buffer.from(strings.join('').replaceAll('\\x', ''), 'hex');
}

/** Paths are in hex; what strace says of sockets is not. */
function unhex(target: string): string {
  return target.startsWith('\\x') ? Buffer.from(target.replaceAll('\\x', ''), 'hex').toString() : target;
}

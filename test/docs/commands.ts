import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { ROOT } from './pages.ts';

const read = (path: string): string => readFileSync(ROOT + path, 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };

/** Programs that a reader has, or that a package of others brings: nothing here knows them better. */
const FOREIGN = new Set(['nc', 'printf', 'echo', 'curl', 'kill', 'cd', 'git', 'mkdir', 'openssl', 'changeset']);

/** Each help is asked for once. */
const helps = new Map<string, string>();

/** What is wrong with the commands of a line of a shell; empty when nothing is. */
export function problemsOf(line: string): string[] {
  return commandsOf(line).flatMap((command) => problemOf(command) ?? []);
}

/** The commands of a line, each as its words. */
function commandsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [word] of line.matchAll(/\|\||&&|[|;&]|#.*|(?:'[^']*'|"[^"]*"|[^\s'"|;&])+/g)) {
    if (word.startsWith('#')) break;
    if (/^[|;&]+$/.test(word)) commands.push([]);
    else commands.at(-1)!.push(word);
  }
  return commands.filter((command) => command.length > 0);
}

function problemOf([name, ...args]: readonly string[]): string | undefined {
  if (/^\w+=/.test(name!)) return args.length === 0 ? undefined : problemOf(args);
  if (name === 'npm') return npm(args);
  if (name === 'npx') return npx(args);
  if (name === 'node') return node(args);
  if (name === 'wirewright') return wirewright(args);
  return FOREIGN.has(name!) ? undefined : `nobody knows ${name}: is it one of FOREIGN in test/docs/commands.ts?`;
}

function npm(args: readonly string[]): string | undefined {
  const [command, ...rest] = args.filter((arg) => arg !== '-s');
  if (command === 'install' || command === 'ci') return install(rest);
  const [script, ...more] = command === 'run' ? rest : [command!, ...rest];
  if (scripts[script!] === undefined) return `there is no script ${script}`;
  const options = more[0] === '--' ? more.slice(1) : [];
  if (script === 'wirewright') return wirewright(options);
  if (script === 'bench') return bench(options);
  if (script === 'start') return problemOf([...scripts['start']!.split(' '), ...options]);
  return undefined;
}

/** Of what is installed, ours has to be a package here, and others one that is used here. */
function install(names: readonly string[]): string | undefined {
  for (const name of names.filter((one) => !one.startsWith('-'))) {
    const ours = name === 'wirewright' ? 'cli' : /^@wirewright\/([\w-]+)$/.exec(name)?.[1];
    const used = new RegExp(`^  '?${name}'?: `, 'm');
    if (ours === undefined ? !used.test(read('pnpm-workspace.yaml')) : !existsSync(`${ROOT}packages/${ours}`))
      return `there is no package ${name}`;
  }
  return undefined;
}

function npx(args: readonly string[]): string | undefined {
  const separator = args.indexOf('--');
  if (separator !== -1) return problemOf(args.slice(separator + 1));
  const [name, ...rest] = args.filter((arg) => arg !== '-y' && arg !== '--yes');
  if (name !== 'vitest') return problemOf([name!, ...rest]);
  const missing = rest.filter((arg) => arg.includes('/')).find((path) => !existsSync(ROOT + path));
  return missing === undefined ? undefined : `there is no ${missing}`;
}

function node(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  const path = args[at];
  // A file that the page has the reader write, or any of several.
  if (path === undefined || !path.includes('/') || path.includes('<')) return undefined;
  const [, example] = /^examples\/dist\/([\w/-]+)\.js$/.exec(path) ?? [];
  if (example !== undefined) return ofExample(`examples/${example}.ts`, args.slice(at + 1));
  return existsSync(ROOT + path) ? undefined : `there is no ${path}`;
}

/** The options of an example are keys of what it gives to `parseArgs`. */
function ofExample(path: string, args: readonly string[]): string | undefined {
  if (!existsSync(ROOT + path)) return `there is no ${path}`;
  const source = read(path);
  const missing = optionsOf(args).find((option) => !new RegExp(`['{ ]${option.slice(2)}'?: \\{ type: `).test(source));
  return missing === undefined ? undefined : `${path} has no ${missing}`;
}

function wirewright(args: readonly string[]): string | undefined {
  return ofHelp('packages/cli/dist/main.js', args);
}

function bench(args: readonly string[]): string | undefined {
  return ofHelp('bench/dist/main.js', args);
}

/** A program that begins with the name of a command: whether its help, and that of the command, have these. */
function ofHelp(program: string, args: readonly string[]): string | undefined {
  const command = /^[a-z]/.test(args[0] ?? '-') ? args[0] : undefined;
  if (command !== undefined && !new RegExp(`^  ${command}\\s`, 'm').test(help(program)))
    return `${program} --help has no ${command}`;
  const options = optionsOf(args);
  if (options.length === 0) return undefined;
  const text = help(program, ...(command === undefined ? [] : [command]));
  const known = new Set(Array.from(text.matchAll(/(?<=^|[\s,])--?[A-Za-z][\w-]*/g), ([option]) => option));
  const missing = options.find((option) => !known.has(option));
  return missing === undefined ? undefined : `${[program, command].join(' ')} --help has no ${missing}`;
}

function help(program: string, ...command: readonly string[]): string {
  const key = [program, ...command].join(' ');
  let text = helps.get(key);
  if (text === undefined) {
    text = execFileSync(process.execPath, [ROOT + program, ...command, '--help'], { encoding: 'utf8' });
    helps.set(key, text);
  }
  return text;
}

/** `--port=1` is `--port`, `-vv` is `-v`, and `-p1` is `-p`. */
function optionsOf(args: readonly string[]): string[] {
  return args.flatMap((arg) => /^(--[a-z][\w-]*|-[A-Za-z])/.exec(arg)?.[1] ?? []);
}

import { UsageError } from '../usage-error.ts';
import type { ServerKind } from './server-kind.ts';

/** One load: `connections` connections with `depth` lines of 64 bytes in flight on each. */
export interface EchoCase {
  /** "64x32": connections x depth. */
  readonly name: string;
  readonly connections: number;
  readonly depth: number;
}

/** The least ratio that is acceptable against the bare server, by case and kind. */
const floors: Readonly<Record<string, Partial<Readonly<Record<ServerKind, number>>>>> = {
  '64x32': { 'line-string': 0.6, 'line-bytes': 0.6, 'line-view': 0.7 },
  '64x1': { 'line-string': 0.95, 'line-bytes': 0.95, 'line-view': 0.95 },
  '1x1': { 'line-string': 0.85, 'line-bytes': 0.85, 'line-view': 0.85 },
};

/** The least ratio of `kind` to `base`; undefined where none is set. */
export function floorOf(echoCase: EchoCase, kind: ServerKind, base: ServerKind): number | undefined {
  if (base === 'unguarded') return 0.97;
  if (base === 'handwritten') return echoCase.name === '64x32' && kind === 'line-string' ? 10 : undefined;
  return floors[echoCase.name]?.[kind];
}

/** Reads "64x32"; throws UsageError for anything else. */
export function parseCase(name: string): EchoCase {
  const match = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/.exec(name);
  if (match === null) throw new UsageError(`--cases: "${name}" is not <connections>x<lines in flight>, as in 64x32`);
  return { name, connections: Number(match[1]), depth: Number(match[2]) };
}

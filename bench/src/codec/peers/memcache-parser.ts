import { createRequire } from 'node:module';

import type { MemcacheParser } from 'memcache-parser';

import type { Doer } from '../row.ts';

/** What the parser hands out with a value. */
interface Pending {
  readonly cmdTokens: string[];
  readonly data: Buffer;
}

/** Looks at a command, and at its value if it has one. */
export type LookAtCommand = (tokens: readonly string[], value: Buffer | undefined) => void;

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * memcache-parser reads the commands of a chunk, and `look` looks at each. What the parser leaves to programs is to know which commands
 * have a value, and how long it is.
 */
export function memcacheParserDecode(
  chunk: Buffer,
  frames: number,
  look: LookAtCommand,
  fieldsOf: (tokens: readonly string[], value: Buffer | undefined) => unknown,
): Doer {
  const work = parserOf(look);
  const fields: unknown[] = [];
  parserOf((tokens, value) => fields.push(fieldsOf(tokens, value))).onData(chunk);
  return { gives: () => fields, operations: frames, work: () => work.onData(chunk) };
}

function parserOf(look: LookAtCommand): MemcacheParser {
  const { MemcacheParser: Parser } = createRequire(import.meta.url)('memcache-parser') as {
    MemcacheParser: typeof MemcacheParser;
  };
  class CommandParser extends Parser {
    override processCmd(tokens: string[]): number {
      if (tokens[0] === 'set') this.initiatePending(tokens, Number(tokens[4]));
      else look(tokens, undefined);
      return tokens.length;
    }

    override receiveResult(result: unknown): void {
      const { cmdTokens, data } = result as Pending;
      look(cmdTokens, data);
    }
  }
  return new CommandParser(silent);
}

import { line } from '@wirewright/codec-line';
import { type Codec, encodeMessage } from '@wirewright/core/codec';

import {
  encodeLine,
  type LineRange,
  readBytesLine,
  readLatin1Line,
  readLineRange,
  readTextLine,
  written,
} from '../by-hand/line.ts';
import { readlineLines } from '../peers/readline.ts';
import { splitLines } from '../peers/split2.ts';
import type { CodecRows, Row } from '../row.ts';
import { chunkOf, decoding, encoding, messagesOf, reading, sink, textOf, writing } from '../work.ts';

const TEXT = 'the quick brown fox jumps over the lazy dog, again and again, ok'.slice(0, 64);
const chunk = chunkOf([Buffer.from(`${TEXT}\n`)]);

const text = (message: string): void => {
  sink.sum += message.length;
};

const bytes = (message: Uint8Array): void => {
  sink.last = message;
  sink.sum += message.length;
};

const range = (message: LineRange): void => {
  sink.last = message;
  sink.sum += message.end - message.start;
};

const itself = (message: string): string => message;

const textOfRange = ({ source, start, end }: LineRange): string => textOf(source.subarray(start, end));

/** Reads a line by hand, shows it, and returns where the next one starts. */
type ReadLine<Line> = (chunk: Buffer, at: number, look: (line: Line) => void) => number;

/** Lines that a function by hand reads of the chunk. */
function linesOf<Line>(read: ReadLine<Line>, textIn: (line: Line) => string): string[] {
  const lines: string[] = [];
  for (let at = 0; at < chunk.length;) at = read(chunk, at, (taken) => lines.push(textIn(taken)));
  return lines;
}

function decodeRow<Line, ByHand extends Line>(
  as: string,
  codec: Codec<Line, never>,
  read: ReadLine<ByHand>,
  look: (line: Line) => void,
  textIn: (line: Line) => string,
): Row {
  return {
    name: `lines: decode ${as}, 64 B`,
    gives: Array.from({ length: chunk.length / (TEXT.length + 1) }, () => TEXT),
    ours: () => ({ gives: () => messagesOf(codec, chunk, textIn), work: decoding(codec, chunk, look) }),
    byHand: () => ({
      gives: () => linesOf(read, textIn),
      work: reading(chunk, (source, at) => read(source, at, look)),
    }),
  };
}

/** Lines of 64 bytes. */
export function lineRows(): CodecRows {
  const codec = line()();
  return {
    rows: [
      {
        ...decodeRow<string, string>('string', codec, readTextLine, text, itself),
        peers: { split2: () => splitLines(chunk), 'node:readline': () => readlineLines(chunk) },
      },
      decodeRow<string, string>('latin1 string', line({ encoding: 'latin1' })(), readLatin1Line, text, itself),
      decodeRow<LineRange, LineRange>('view', line({ as: 'view' })(), readLineRange, range, textOfRange),
      decodeRow<Uint8Array, Uint8Array>('bytes', line({ as: 'bytes' })(), readBytesLine, bytes, textOf),
      {
        name: 'lines: encode string, 64 B',
        gives: `${TEXT}\n`,
        ours: () => ({ gives: () => textOf(encodeMessage(codec, TEXT)), work: encoding(codec, TEXT) }),
        byHand: () => ({
          gives: () => written(encodeLine(TEXT), TEXT.length + 1),
          work: writing(() => encodeLine(TEXT)),
        }),
      },
    ],
    notes: [
      'split2 and node:readline are streams: a chunk of 64 lines is written to them and all lines come out before that returns; ours is the codec alone',
    ],
  };
}

import { readFileSync } from 'node:fs';

/** A code block of a page. */
export interface Block {
  /** Where it stands: `docs/requests.md:12`. */
  readonly name: string;
  readonly page: string;
  /** The number of its first line of code, from 1 on. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** TypeScript that the reader does not see, of a comment `<!-- with ... -->` in front of the block: what it uses and nobody declares. */
  readonly given: string;
}

const FENCE = /^ *(`{3,})/;
const WITH = /<!-- with\s(.*)-->$/s;

/** A Markdown page: its code blocks, and its text without them. */
export class Page {
  readonly path: string;
  readonly blocks: readonly Block[];
  /** The lines outside of code blocks; those inside are empty. */
  readonly prose: readonly string[];

  constructor(path: string, text: string) {
    this.path = path;
    const lines = text.split('\n');
    const blocks: Block[] = [];
    const prose = [...lines];
    for (let i = 0; i < lines.length; i++) {
      const [start, fence] = FENCE.exec(lines[i]!) ?? [];
      if (start === undefined) continue;
      const end = lines.findIndex((line, at) => at > i && line.trim() === fence);
      if (end === -1) throw new Error(`${path}:${i + 1}: the code block has no end`);
      const language = lines[i]!.slice(start.length).trim();
      blocks.push({
        name: `${path}:${i + 1}`,
        page: path,
        line: i + 2,
        language,
        code: lines
          .slice(i + 1, end)
          .map((line) => `${line}\n`)
          .join(''),
        given: WITH.exec(commentBefore(lines.slice(0, i)))?.[1]?.trim() ?? '',
      });
      prose.fill('', i, end + 1);
      i = end;
    }
    this.blocks = blocks;
    this.prose = prose;
  }

  static read(root: string, path: string): Page {
    return new Page(path, readFileSync(root + path, 'utf8'));
  }
}

/** The HTML comment that ends these lines; empty when none does. */
function commentBefore(lines: readonly string[]): string {
  const text = lines.join('\n').trimEnd();
  return text.endsWith('-->') ? text.slice(text.lastIndexOf('<!--')) : '';
}

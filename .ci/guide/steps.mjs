// A page that is followed literally, as steps: what to write into which file, what to run, and what that prints.

const BLOCK = /^```(\w*)\n(.*?)^```$/gms;
const FILE = /^\/\/ (\S+)\n/;

/** Returns `{ path, text }`, `{ command }` and `{ expected }`: the last is what the commands before it have printed. */
export function stepsOf(page) {
  const steps = [];
  let last;
  for (const [block, language, text] of page.matchAll(BLOCK)) {
    const name = FILE.exec(text);
    if (language === 'sh') steps.push(...commandsOf(text).map((command) => ({ command })));
    else if (language === 'text' && last === 'sh') steps.push({ expected: text });
    else if (name !== null) steps.push({ path: name[1], text: text.slice(name[0].length) });
    else throw new Error(`nobody can tell what to do with this block:\n${block}`);
    last = language;
  }
  return steps;
}

/** The lines of a block; one that ends in a backslash goes on in the next. */
function commandsOf(text) {
  return text.split(/(?<!\\)\n/).filter((line) => line.trim() !== '');
}

/** Whether something was printed; a line `...` stands for any lines, and `(...)` for what is in parentheses. */
export function isPrinted(expected, printed) {
  const lines = expected.trimEnd().split('\n');
  const pattern = lines.map((line) => (line === '...' ? '(?:.*\n)*?' : `${escape(line)}[ \\t]*\n`)).join('');
  return new RegExp(`^${pattern}$`).test(`${printed.trimEnd()}\n`);
}

function escape(line) {
  return line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(String.raw`\(\.\.\.\)`, String.raw`\(.*\)`);
}

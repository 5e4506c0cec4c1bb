import { expect, test } from 'vitest';

import { problemsOf } from './commands.ts';
import type { Page } from './page.ts';
import { codePages } from './pages.ts';

/** What begins like this in the text is a command, too. */
const COMMAND = /`((?:npm (?:run|start|test|install|ci)|npx|node [\w-]+\/|wirewright [a-z]+ )[^`]*)`/g;

interface Line {
  readonly at: string;
  readonly text: string;
}

/** The commands of a page: every line of a shell block, and those in the text. */
function commandsOf({ path, blocks, prose }: Page): Line[] {
  const shell = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code, line }) =>
      code.split('\n').map((text, i): Line => ({ at: `${path}:${line + i}`, text: text.trim() })),
    );
  const inline = prose.flatMap((line, i) =>
    Array.from(line.matchAll(COMMAND), ([, text]): Line => ({ at: `${path}:${i + 1}`, text: text! })),
  );
  return [...shell, ...inline];
}

const commands = codePages.flatMap(commandsOf);

test('every script, file, package and option that a command of the docs names is there', () => {
  const problems = commands.flatMap(({ at, text }) => problemsOf(text).map((problem) => `${at} ${text}: ${problem}`));
  expect(problems).toEqual([]);
});

test('the commands are found', () => {
  expect(commands.length).toBeGreaterThan(60);
});

test.each([
  ['npm run nothing', 'there is no script nothing'],
  ['npm install @wirewright/none', 'there is no package @wirewright/none'],
  ['node examples/dist/none.js', 'there is no examples/none.ts'],
  ['node examples/dist/echo-server.js --none', 'examples/echo-server.ts has no --none'],
  ['npx vitest run test/none.test.ts', 'there is no test/none.test.ts'],
  ['npm run -s wirewright -- memcached -p 11211 --none', 'packages/cli/dist/main.js memcached --help has no --none'],
  ['true && wirewright none', 'packages/cli/dist/main.js --help has no none'],
  ['npm run bench -- echo --none', 'bench/dist/main.js echo --help has no --none'],
])('%s is seen to be wrong', (command, problem) => {
  expect(problemsOf(command)).toContain(problem);
});

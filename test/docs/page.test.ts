import { expect, test } from 'vitest';

import { Page } from './page.ts';

const text = `# Title

<!-- with
declare const a: number;
-->

\`\`\`ts
a + 1;
\`\`\`

Text.

\`\`\`sh
npm test
\`\`\`

<!-- with declare const b: number; -->

\`\`\`ts
a + b;
\`\`\`

- in a list:

  \`\`\`\`md
  \`\`\`ts
  none;
  \`\`\`
  \`\`\`\`
`;

test('a page has its blocks, with what stands in front of them', () => {
  const { blocks, prose } = new Page('page.md', text);
  expect(blocks.map(({ name, language, code }) => [name, language, code])).toEqual([
    ['page.md:7', 'ts', 'a + 1;\n'],
    ['page.md:13', 'sh', 'npm test\n'],
    ['page.md:19', 'ts', 'a + b;\n'],
    ['page.md:25', 'md', '  ```ts\n  none;\n  ```\n'],
  ]);
  expect(blocks.map(({ given }) => given)).toEqual(['declare const a: number;', '', 'declare const b: number;', '']);
  expect(prose.filter((line) => line !== '' && !line.includes('declare'))).toEqual([
    '# Title',
    '<!-- with',
    '-->',
    'Text.',
    '- in a list:',
  ]);
});

test('a block without an end is a mistake', () => {
  expect(() => new Page('page.md', '\n```ts\na;\n')).toThrow('page.md:2: the code block has no end');
});

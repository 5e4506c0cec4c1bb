import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Page } from './page.ts';

/** The root of the repository, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

const SKIPPED = new Set(['node_modules', 'dist', 'results', '.git']);

/** All Markdown pages of the repository. */
export const pages: readonly Page[] = markdown('').map((path) => Page.read(ROOT, path));

/** Pages whose code is proved elsewhere, and where. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/write-your-own-codec.md': '.ci/follow-guide.mjs writes its files and runs its commands, in an empty folder',
};

/** The pages whose code is proved here. */
export const codePages: readonly Page[] = pages.filter(({ path }) => !(path in ELSEWHERE));

function markdown(folder: string): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = folder + entry.name;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : markdown(`${path}/`);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

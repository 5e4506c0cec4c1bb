import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import type { Page } from './page.ts';
import { pages, ROOT } from './pages.ts';

/** Whatever leads somewhere: of Markdown `[text](target)` and `[name]: target`, of HTML `href`, `src` and `srcset`. */
const LINK = /\]\(<?([^\s)>]+)|^\[[^\]]+\]:\s*(\S+)|\b(?:href|src|srcset)="([^"\s]+)/g;

function linksOf({ path, prose }: Page): { at: string; target: string }[] {
  return prose.flatMap((line, i) =>
    Array.from(line.replaceAll(/`[^`]*`/g, '``').matchAll(LINK), ([, inline, named, html]) => ({
      at: `${path}:${i + 1}`,
      target: (inline ?? named ?? html)!,
    })),
  );
}

/** The anchors of the headings of a page, as GitHub makes them: the second of a name ends in -1. */
function anchorsOf({ prose }: Page): Set<string> {
  const anchors = new Set<string>();
  for (const line of prose) {
    const [, heading] = /^#{1,6}\s+(.*?)\s*$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Why a link leads nowhere; undefined when it does not. */
function problemOf(page: Page, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file, anchor] = target.split('#') as [string, string?];
  const path = file === '' ? page.path : join(dirname(page.path), file);
  if (!existsSync(ROOT + path)) return `${path} does not exist`;
  if (anchor === undefined) return undefined;
  const folder = statSync(ROOT + path).isDirectory();
  const other = pages.find((one) => one.path === (folder ? join(path, 'README.md') : path));
  if (other === undefined) return `${path} is no page`;
  return anchorsOf(other).has(anchor) ? undefined : `${other.path} has no heading #${anchor}`;
}

test.each(pages.map((page): [string, Page] => [page.path, page]))('every link of %s leads somewhere', (_, page) => {
  const problems = linksOf(page)
    .map(({ at, target }) => [at, problemOf(page, target)])
    .filter(([, problem]) => problem !== undefined);
  expect(problems).toEqual([]);
});

test('the links are found', () => {
  expect(pages.length).toBeGreaterThan(30);
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(100);
});

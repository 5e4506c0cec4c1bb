// In a workflow on GitHub: tags its commit with the version of each package in a folder that has no such tag, and makes a release of it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const { GITHUB_API_URL: api, GITHUB_REPOSITORY: repository, GITHUB_SHA: commit, GITHUB_TOKEN: token } = process.env;
const [packages] = process.argv.slice(2);

for (const name of readdirSync(packages)) {
  const folder = join(packages, name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const tag = `${manifest.name}@${manifest.version}`;
  if ((await ask('GET', `git/ref/tags/${encodeURIComponent(tag)}`, 404)) !== undefined) continue;
  const body = changes(join(folder, 'CHANGELOG.md'), manifest.version);
  await ask('POST', 'releases', 0, { tag_name: tag, target_commitish: commit, name: tag, body });
  console.log(`tagged ${tag}`);
}

/** What the changelog says of a version: what is under its heading. */
function changes(path, version) {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [, ...parts] = text.split(/^## /m);
  const [, ...lines] = parts.map((part) => part.split('\n')).find(([heading]) => heading === version) ?? [];
  return lines.join('\n').trim();
}

/** What GitHub answers; undefined where it is the status `none`. */
async function ask(method, path, none, body) {
  const url = `${api}/repos/${repository}/${path}`;
  const headers = { accept: 'application/vnd.github+json', authorization: `Bearer ${token}` };
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  if (response.status === none) return undefined;
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

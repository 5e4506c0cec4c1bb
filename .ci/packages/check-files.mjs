// What is in a tarball: what was compiled from the sources that are there, these sources, and nothing that was left behind.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const ALWAYS = ['package.json', 'README.md', 'LICENSE'];

/** Returns complaints. `license`: the text of the repository's. */
export function checkFiles({ manifest, folder }, license) {
  const complaints = [];
  const expect = (holds, complaint) => holds || complaints.push(complaint);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const has = (path) => existsSync(join(folder, path));

  for (const name of ALWAYS) expect(has(name), `there is no ${name}`);
  if (has('LICENSE'))
    expect(readFileSync(join(folder, 'LICENSE'), 'utf8') === license, 'LICENSE is not that of the repository');
  if (has('README.md')) {
    const install = new RegExp(`^(npm install .*|npx )${manifest.name}\\b`, 'm');
    expect(install.test(readFileSync(join(folder, 'README.md'), 'utf8')), 'README.md does not say how to install it');
  }

  const named = new Set([...ALWAYS, ...manifest.files]);
  for (const file of files) {
    expect(named.has(file.split('/')[0]), `${file} is not named by files`);
    expect(!/\.(test|bench)\.|tsbuildinfo$|\.log$|\.tgz$/.test(file), `${file} is of no use to those who install it`);
    // What a source that is gone was once compiled to stays in dist until somebody removes it.
    const [, compiled] = /^dist\/(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(file) ?? [];
    if (compiled === undefined) expect(!file.startsWith('dist/'), `${file} was not compiled from anything`);
    else if (!has(`src/${compiled}.ts`)) {
      expect(!file.endsWith('.js'), `${file} was compiled from a source that is gone: remove dist, and build again`);
      continue;
    }
    if (/^src\/.*\.ts$/.test(file)) {
      const stem = file.slice('src/'.length, -'.ts'.length);
      for (const end of ['.js', '.js.map', '.d.ts', '.d.ts.map'])
        expect(has(`dist/${stem}${end}`), `${file} has no ${end} in dist`);
    }
    if (file.endsWith('.map')) {
      const { sources, sourceRoot = '' } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      for (const source of sources) {
        const path = normalize(join(dirname(file), sourceRoot, source));
        expect(has(path), `${file} points to ${path}, which is not there`);
      }
    }
  }
  return complaints;
}

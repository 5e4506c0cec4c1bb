import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { program } from '../support/programs.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const script = (name: string): string => fileURLToPath(new URL(`../../.ci/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wirewright-release-'));

/** What is asked of a server on the loopback: npm's registry, or GitHub. */
const asked: Asked[] = [];
/** What it answers to GET, by path: elsewhere, nothing is there. */
const there = new Map<string, unknown>();
let server: Server;
let address: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const path = decodeURIComponent(url.split('?')[0]!);
      const body: unknown = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
      asked.push({ method, path, authorization: headers.authorization, body });
      const missing = method === 'GET' && !there.has(path);
      const answer = JSON.stringify(method === 'GET' ? (there.get(path) ?? { error: 'not found' }) : { ok: true });
      response.writeHead(missing ? 404 : 200, { 'content-type': 'application/json' }).end(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  asked.length = 0;
  there.clear();
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  rmSync(folder, { recursive: true });
});

test.skipIf(program('tar') === undefined)(
  'what was packed is published as it is, unless it is already, and after what it needs',
  async () => {
    const packed = join(folder, 'packed');
    mkdirSync(packed);
    const tarballs: Record<string, Buffer> = {};
    there.set('/old', {
      name: 'old',
      'dist-tags': { latest: '1.2.3' },
      versions: { '1.2.3': { name: 'old', version: '1.2.3' } },
    });
    for (const [name, dependencies] of Object.entries({ 'a-last': { middle: '1' }, middle: { 'z-first': '1' } })) {
      tarballs[name] = await pack(packed, { name, version: '1.0.0', dependencies });
    }
    tarballs['z-first'] = await pack(packed, { name: 'z-first', version: '1.0.0' });
    await pack(packed, { name: 'old', version: '1.2.3' });

    const { stdout } = await run(process.execPath, [script('publish-packages.mjs'), packed], {
      env: {
        ...process.env,
        npm_config_registry: `${address}/`,
        [`npm_config_${address.slice('http:'.length)}/:_authToken`]: 'secret',
        npm_config_provenance: 'false',
      },
    });
    expect(stdout).toBe('published z-first@1.0.0\npublished middle@1.0.0\npublished a-last@1.0.0\n');
    const put = asked.filter(({ method }) => method === 'PUT');
    expect(put.map(({ path }) => path)).toEqual(['/z-first', '/middle', '/a-last']);
    for (const { path, body } of put) {
      const { _attachments: attachments } = body as { _attachments: Record<string, { data: string }> };
      const [{ data }] = Object.values(attachments) as [{ data: string }];
      expect(Buffer.from(data, 'base64').equals(tarballs[path.slice(1)]!)).toBe(true);
    }
  },
);

test('where nothing was packed, it is said how to', async () => {
  const publishing = run(process.execPath, [script('publish-packages.mjs'), join(folder, 'nowhere')]);
  await expect(publishing).rejects.toThrow('npm run release:pack');
});

test('versions without a tag get one, and a release with what their changelog says', async () => {
  const packages = join(folder, 'packages');
  for (const name of ['new', 'old']) {
    mkdirSync(join(packages, name), { recursive: true });
    const manifest = { name: `@scope/${name}`, version: '1.1.0' };
    writeFileSync(join(packages, name, 'package.json'), JSON.stringify(manifest));
  }
  writeFileSync(
    join(packages, 'new/CHANGELOG.md'),
    '# new\n\n## 1.1.0\n\n### Minor Changes\n\n- abc: More.\n\n## 1.0.0\n\n- First.\n',
  );
  there.set('/repos/owner/repo/git/ref/tags/@scope/old@1.1.0', { ref: 'refs/tags/@scope/old@1.1.0' });

  const { stdout } = await run(process.execPath, [script('tag-packages.mjs'), packages], {
    env: {
      ...process.env,
      GITHUB_API_URL: address,
      GITHUB_REPOSITORY: 'owner/repo',
      GITHUB_SHA: 'c0ffee',
      GITHUB_TOKEN: 'secret',
    },
  });
  expect(stdout).toBe('tagged @scope/new@1.1.0\n');
  expect(asked.filter(({ method }) => method !== 'GET')).toEqual([
    {
      method: 'POST',
      path: '/repos/owner/repo/releases',
      authorization: 'Bearer secret',
      body: {
        tag_name: '@scope/new@1.1.0',
        target_commitish: 'c0ffee',
        name: '@scope/new@1.1.0',
        body: '### Minor Changes\n\n- abc: More.',
      },
    },
  ]);
});

/** A tarball as npm has it: everything is in a folder `package`. */
async function pack(destination: string, manifest: Manifest): Promise<Buffer> {
  const place = join(folder, manifest.name);
  const tarball = join(destination, `${manifest.name}-${manifest.version}.tgz`);
  mkdirSync(join(place, 'package'), { recursive: true });
  writeFileSync(join(place, 'package/package.json'), JSON.stringify(manifest));
  await run('tar', ['-czf', tarball, '-C', place, 'package']);
  return readFileSync(tarball);
}

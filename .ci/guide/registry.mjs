// A registry of npm's on the loopback that has the packages of this checkout, and no others.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** Serves what was packed, until it is closed. Returns the server and its address. */
export async function serveRegistry(packed) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url);
    const found = packed.find(({ manifest: { name } }) => path === `/${name}` || path === `/${name}/-/tarball.tgz`);
    if (found === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
      return;
    }
    const tarball = readFileSync(found.tarball);
    if (path.endsWith('.tgz')) response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball);
    else
      response.writeHead(200, { 'content-type': 'application/json' }).end(packument(found.manifest, tarball, address));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${server.address().port}/`;
  return { server, address };
}

/** All that there is to know about a package: the one version, and where it is. */
function packument(manifest, tarball, address) {
  const { name, version } = manifest;
  const dist = {
    tarball: `${address}${name}/-/tarball.tgz`,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
  };
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } });
}

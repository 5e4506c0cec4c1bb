import type { Registry, RegistryContentType } from 'prom-client';

/** The samples of a scrape, by what stands before the value: `wirewright_server_connections{server="echo"}`. */
export async function scraped(registry: Registry<RegistryContentType>): Promise<Map<string, number>> {
  const text = await registry.metrics();
  const lines = text.split('\n').filter((row) => row !== '' && !row.startsWith('#'));
  return new Map(
    lines.map((row) => {
      const cut = row.lastIndexOf(' ');
      return [row.slice(0, cut), Number(row.slice(cut + 1))];
    }),
  );
}

import { AdminClient, type AdminOptions } from '@wirewright/gearman';

import { afterwards } from './scene.ts';
import { type Script, type Scripted, scripted } from './scripted-server.ts';

/** An administrator, until the end of the test. */
export function adminOf(place: ConstructorParameters<typeof AdminClient>[0], options?: AdminOptions): AdminClient {
  const admin = new AdminClient(place, options);
  afterwards(() => admin.destroy());
  return admin;
}

/** A server that answers as it is told, and its administrator. */
export async function adminScene(
  script: Script | string,
  options?: AdminOptions,
): Promise<{ admin: AdminClient; server: Scripted }> {
  const server = await scripted(typeof script === 'string' ? () => script : script);
  return { admin: adminOf({ port: server.port }, options), server };
}

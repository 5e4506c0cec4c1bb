import type { PoolConfig } from 'pg';

import type { Tables } from './tables.ts';

/** The options of a store as they are used. */
export interface PostgresSettings {
  readonly connection: string | PoolConfig;
  /** Where the database is, in words. */
  readonly place: string;
  readonly server: string;
  /** In ms. */
  readonly lease: number;
  readonly takeOver: boolean;
  readonly tables: Tables;
}

export { memcachedClientMetrics } from './memcached-client-metrics.ts';
export { memcachedServerMetrics } from './memcached-server-metrics.ts';

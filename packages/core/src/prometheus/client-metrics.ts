import type { TrafficCounters } from '../observe/traffic.ts';
import type { MetricFamily } from './metric-family.ts';
import type { MetricsSource } from './metrics-source.ts';
import { trafficFamilies } from './traffic-families.ts';

/** The metrics of a `Client`: `wirewright_client_...`, with the label `client`. */
export const clientMetrics: readonly MetricFamily<MetricsSource<TrafficCounters>>[] = trafficFamilies(
  'client',
  'Connections that are open, those of its pools included.',
);

import { numberText } from '../report/number-text.ts';
import type { Report } from '../report/report.ts';
import { colors, renderChart } from './render-chart.ts';

const [OURS] = colors;
const THEIRS = '#94a3b8';
const ROW = 34;
const AROUND = 110;

/**
 * What the servers of one case did, fastest first, ours in colour.
 *
 * @param report of rows that are named by a case and ours, such as `64x32 line-view`
 * @param peers whose rows are shown
 */
export function throughputPlot(report: Report, caseName: string, peers: readonly string[]): string {
  const bars = barsOf(report, caseName, peers);
  const unit = report.results[0]?.unit ?? '';
  return renderChart(
    {
      title: {
        text: `${report.what}, ${caseName}`,
        subtext: `${unit} on one core, Node ${report.node}`,
        left: 16,
        top: 10,
      },
      grid: { left: 150, right: 90, top: 80, bottom: 20 },
      xAxis: { type: 'value', show: false },
      yAxis: {
        type: 'category',
        inverse: true,
        data: bars.map(({ name }) => name),
        axisTick: { show: false },
        axisLine: { show: false },
        axisLabel: { color: '#0f172a', fontSize: 13 },
      },
      series: [
        {
          type: 'bar',
          barWidth: 20,
          label: { show: true, position: 'right', formatter: ({ value }: { value: number }) => numberText(value) },
          data: bars.map(({ value, isOurs }) => ({
            value,
            itemStyle: { color: isOurs ? OURS! : THEIRS, borderRadius: 3 },
          })),
        },
      ],
    },
    { width: 760, height: bars.length * ROW + AROUND },
  );
}

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly isOurs: boolean;
}

/** One for each server; of one that was measured several times, the first. */
function barsOf({ results }: Report, caseName: string, peers: readonly string[]): Bar[] {
  const bars = new Map<string, Bar>();
  const add = (bar: Bar): void => void (bars.has(bar.name) || bars.set(bar.name, bar));
  for (const { name, peer, ours, theirs } of results) {
    if (!name.startsWith(`${caseName} `) || !peers.includes(peer)) continue;
    add({ name: name.slice(caseName.length + 1), value: ours.value, isOurs: true });
    add({ name: peer, value: theirs.value, isOurs: false });
  }
  const sorted = [...bars.values()];
  sorted.sort((a, b) => b.value - a.value);
  return sorted;
}

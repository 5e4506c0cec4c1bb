import type { CustomSeriesRenderItem } from 'echarts/types/dist/shared';

import type { Report } from '../report/report.ts';
import { resultKey } from '../report/results-file.ts';
import type { Result } from '../report/result.ts';
import { spreadOf } from '../report/spread.ts';
import { colors, renderChart } from './render-chart.ts';

const WIDTH = 960;
const LABELS = 360;
const ROW = 18;
const AROUND = 130;

/**
 * One benchmark: a row for each comparison, and in it a dot for each version of Node with a line between the least and the greatest of its
 * pairs; what is right of 1 is better than the peer. A red mark is the bar.
 *
 * @param reports of one benchmark, on different versions of Node
 */
export function ratioPlot(reports: readonly Report[]): string {
  const rows = rowsOf(reports);
  const labels = rows.map(resultKey);
  const height = rows.length * (ROW + 7 * reports.length) + AROUND;
  const samples = reports.map((report) =>
    report.results.map((result) => [labels.indexOf(resultKey(result)), ...gains(result)]),
  );
  return renderChart(
    {
      title: {
        text: reports[0]!.what,
        subtext: 'how many times as good as the peer, median and range; the red mark is the bar',
        left: 16,
        top: 10,
      },
      legend: { top: 18, right: 16, data: reports.map(({ node }) => `Node ${node}`) },
      grid: { left: LABELS, right: 40, top: 80, bottom: 40 },
      xAxis: {
        type: 'log',
        logBase: 2,
        min: ({ min }: { min: number }) => 2 ** Math.floor(Math.log2(Math.min(min, 0.9))),
        max: ({ max }: { max: number }) => 2 ** Math.ceil(Math.log2(Math.max(max, 1.1))),
        axisLabel: { formatter: (value: number) => `${Number(value.toPrecision(3))}x` },
        splitLine: { lineStyle: { color: '#e2e8f0' } },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: labels,
        axisTick: { show: false },
        axisLabel: { width: LABELS - 24, overflow: 'truncate', color: '#0f172a' },
        splitArea: { show: true, areaStyle: { color: ['#f8fafc', '#ffffff'] } },
      },
      series: [
        {
          type: 'scatter',
          symbol: 'rect',
          symbolSize: [3, 16],
          itemStyle: { color: '#dc2626' },
          data: rows.flatMap((row, index) => (row.bar === undefined ? [] : [[gainOf(row, row.bar), index]])),
          markLine: {
            silent: true,
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: '#0f172a', type: 'solid', width: 1 },
            data: [{ xAxis: 1 }],
          },
        },
        ...reports.map(({ node }, index) => ({
          name: `Node ${node}`,
          type: 'custom',
          renderItem: rangeAndDot((index - (reports.length - 1) / 2) * 7, colors[index % colors.length]!),
          itemStyle: { color: colors[index % colors.length]! },
          encode: { x: [1, 2, 3], y: 0 },
          data: samples[index],
          z: 3,
        })),
      ],
    },
    { width: WIDTH, height },
  );
}

/** Rows in the order of the first report that has them. */
function rowsOf(reports: readonly Report[]): Result[] {
  const rows = new Map<string, Result>();
  for (const result of reports.flatMap(({ results }) => results)) {
    if (!rows.has(resultKey(result))) rows.set(resultKey(result), result);
  }
  return [...rows.values()];
}

/** Median, least and greatest. */
function gains(result: Result): number[] {
  const { median, low, high } = spreadOf(result.ratios.map((ratio) => gainOf(result, ratio)));
  return [median, low, high];
}

/** A ratio so that more is better. */
function gainOf({ ratio }: Result, value: number): number {
  return ratio === 'speed' ? value : 1 / value;
}

/** @param shift pixels below the middle of the row */
function rangeAndDot(shift: number, color: string): CustomSeriesRenderItem {
  return (_params, api) => {
    const row = api.value(0);
    const [x = 0, y = 0] = api.coord([api.value(1), row]);
    const [from = 0] = api.coord([api.value(2), row]);
    const [to = 0] = api.coord([api.value(3), row]);
    return {
      type: 'group',
      children: [
        {
          type: 'line',
          shape: { x1: from, y1: y + shift, x2: to, y2: y + shift },
          style: { stroke: color, lineWidth: 2, opacity: 0.45 },
        },
        { type: 'circle', shape: { cx: x, cy: y + shift, r: 4 }, style: { fill: color } },
      ],
    };
  };
}

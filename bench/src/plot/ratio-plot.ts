import type { CustomSeriesRenderItem } from 'echarts/types/dist/shared';

import { ratioText } from '../report/number-text.ts';
import type { Report } from '../report/report.ts';
import type { Result } from '../report/result.ts';
import { resultKey } from '../report/results-file.ts';
import { spreadOf } from '../report/spread.ts';
import { isMet } from '../report/verdict.ts';
import { colors, renderChart } from './render-chart.ts';

const WIDTH = 960;
/** Pixels of a letter of a label, about, and of the longest label that is shown in full. */
const LETTER = 6.5;
const LONGEST = 460;
/** Pixels of the column of ratios, for each version of Node. */
const COLUMN = 52;
const ROW = 18;
/** Pixels between the dots of two versions of Node. */
const SHIFT = 8;
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
  const labelWidth = Math.min(LONGEST, Math.max(...labels.map((label) => label.length)) * LETTER);
  const rowHeight = ROW + SHIFT * reports.length;
  const height = rows.length * rowHeight + AROUND;
  const samples = reports.map((report) =>
    report.results.map((result) => [labels.indexOf(resultKey(result)), ...gains(result)]),
  );
  return renderChart(
    {
      title: {
        text: reports[0]!.what,
        subtext: 'how many times as good as the peer, median and range; a red mark is the bar, a red ratio misses it',
        left: 16,
        top: 10,
      },
      legend: { top: 56, left: 16, icon: 'circle', itemGap: 32, data: reports.map(({ node }) => `Node ${node}`) },
      grid: { left: labelWidth + 32, right: COLUMN * reports.length + 16, top: 96, bottom: 40 },
      xAxis: {
        type: 'log',
        logBase: 2,
        min: ({ min }: { min: number }) => 2 ** Math.floor(Math.log2(Math.min(min, 0.9))),
        max: ({ max }: { max: number }) => 2 ** Math.ceil(Math.log2(Math.max(max, 1.1))),
        axisLabel: { formatter: (value: number) => `${Number(value.toPrecision(3))}x` },
        splitLine: { lineStyle: { color: '#e2e8f0' } },
      },
      yAxis: [
        {
          type: 'category',
          inverse: true,
          data: labels,
          axisTick: { show: false },
          axisLabel: { width: labelWidth, overflow: 'truncate', color: '#0f172a', interval: 0 },
          splitArea: { show: true, areaStyle: { color: ['#f8fafc', '#ffffff'] } },
        },
        {
          type: 'category',
          inverse: true,
          position: 'right',
          data: labels.map((key) => reports.map((report) => ratioLabel(report, key)).join('')),
          axisLine: { show: false },
          axisTick: { show: false },
          axisLabel: { interval: 0, rich: RATIO_STYLES },
        },
      ],
      series: [
        {
          type: 'scatter',
          symbol: 'rect',
          symbolSize: [3, rowHeight - 8],
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
          renderItem: rangeAndDot((index - (reports.length - 1) / 2) * SHIFT, colors[index % colors.length]!),
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

const RATIO_STYLES = {
  ratio: { width: COLUMN, align: 'right', color: '#0f172a' },
  missed: { width: COLUMN, align: 'right', color: '#dc2626', fontWeight: 'bold' },
};

/** The median as text, empty where the report has no such row. */
function ratioLabel({ results }: Report, key: string): string {
  const result = results.find((each) => resultKey(each) === key);
  if (result === undefined) return '{ratio|}';
  const [median = 0] = gains(result);
  return `{${isMet(result) === false ? 'missed' : 'ratio'}|${ratioText(median)}x}`;
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
          style: { stroke: color, lineWidth: 3, opacity: 0.4, lineCap: 'round' },
        },
        { type: 'circle', shape: { cx: x, cy: y + shift, r: 4 }, style: { fill: color } },
      ],
    };
  };
}

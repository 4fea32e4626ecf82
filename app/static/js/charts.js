// Charts are drawn from the table beside them, so the two can never disagree.
import { all, config, onContent } from './page.js';

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function read(box) {
  const table = box.querySelector('table');
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
  const number = (value) => (value === '' || value === '—' ? null : Number(value.replace(/[,¥%\s]/g, '').replace('−', '-')));
  return { heads, names: rows.map((row) => row[0]), series: heads.slice(1).map((_, i) => rows.map((row) => number(row[i + 1]))) };
}

function options(box) {
  const kind = box.dataset.chart;
  const { heads, names, series } = read(box);
  const ink = colour('--his-ink-2');
  const style = { color: ink, fontFamily: colour('--his-font'), fontSize: 12 };
  const common = {
    animation: false,
    color: ['--his-brand', '--his-chart-2', '--his-chart-3', '--his-chart-4', '--his-chart-5', '--his-chart-6'].map(colour),
    textStyle: style,
    tooltip: { renderMode: 'richText', trigger: kind === 'pie' ? 'item' : 'axis', confine: true },
    legend: series.length > 1 || kind === 'pie' ? { right: 4, top: 0, textStyle: style } : undefined,
  };
  if (kind === 'pie') {
    const data = names.map((name, i) => ({ name, value: series[0][i] }));
    return {
      ...common,
      legend: { ...common.legend, orient: 'vertical', top: 'middle' },
      series: [{ type: 'pie', radius: ['48%', '72%'], center: ['40%', '50%'], label: { show: false }, data }],
    };
  }
  const split = { splitLine: { lineStyle: { color: colour('--his-line') } }, axisLabel: style, type: 'value' };
  const category = { type: 'category', data: names, axisLabel: style, axisTick: { show: false }, inverse: kind === 'hbar' };
  const grid = { left: 8, right: kind === 'hbar' ? 40 : 12, top: series.length > 1 ? 34 : 14, bottom: 4, containLabel: true };
  return {
    ...common,
    grid,
    xAxis: kind === 'hbar' ? split : category,
    yAxis: kind === 'hbar' ? category : split,
    series: series.map((data, i) => ({
      name: heads[i + 1],
      type: kind === 'line' ? 'line' : 'bar',
      data,
      barMaxWidth: 18,
      symbolSize: 5,
      connectNulls: false,
      label: { show: kind === 'hbar' && series.length === 1, position: 'right', ...style },
    })),
  };
}

async function draw(box) {
  const { init } = await import(config.assets.charts);
  const view = box.querySelector('[data-chart-view]');
  const chart = init(view, null, { renderer: 'svg' });
  chart.setOption(options(box));
  new ResizeObserver(() => view.isConnected && chart.resize()).observe(view);
}

onContent((root) => {
  for (const box of all(root, '[data-chart]')) draw(box);
});

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-chart-switch]');
  if (!button) return;
  const box = document.getElementById(button.dataset.chartSwitch);
  const table = box.querySelector('[data-chart-table]');
  table.hidden = !table.hidden;
  box.querySelector('[data-chart-view]').hidden = !table.hidden;
  button.setAttribute('aria-pressed', String(!table.hidden));
});

// Charts over time, which share their zoom and their cursor; and distributions.

const charts = [];           // those that are on the page
const timeCharts = () => charts.filter(each => each.overTime);
const sync = uPlot.sync('time');
let zooming = false;

function zoomTo(from, to) {
  zooming = true;
  for (const each of timeCharts()) {
    each.refine(from, to);
    each.plot.setScale('x', {min: from, max: to});
  }
  zooming = false;
  document.getElementById('whole').disabled = from <= 0 && to >= wholeTime();
}
const wholeTime = () => Math.max(...shown().map(run => run.end), 1e-6);

const axis = (values, size, extra) => ({
  stroke: () => css('--faint'), font: '12px system-ui, sans-serif', size, gap: 4, values: values && ((_, ticks) => ticks.map(values)),
  grid: {stroke: () => css('--grid'), width: 1}, ticks: {stroke: () => css('--line'), width: 1, size: 4}, ...extra});

// Of bytes, bits, packets and segments there are whole ones only.
const kWhole = Array.from({length: 16}, (_, power) => [1, 2, 5].map(digit => digit * 10 ** power)).flat();
const tickTime = v => v === null ? '' : +v.toFixed(6) + '\u00a0s';
const kAxis = 74;

// The scenario's events, as lines with their numbers.
function drawMarks(run, numbered) {
  return plot => {
    const {ctx, bbox} = plot;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = css('--mark');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    let last = -Infinity;
    run.marks.forEach((mark, i) => {
      if (mark.at < plot.scales.x.min || mark.at > plot.scales.x.max) return;
      const x = Math.round(plot.valToPos(mark.at, 'x', true));
      ctx.globalAlpha = 0.75;
      ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, bbox.top + bbox.height); ctx.stroke();
      if (!numbered || x - last < 14 * devicePixelRatio) return;
      last = x;
      ctx.globalAlpha = 1;
      ctx.font = `600 ${10 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textAlign = 'center'; ctx.textBaseline = 'bottom';
      ctx.fillText(String(i + 1), x, bbox.top - 1 * devicePixelRatio);
    });
    ctx.restore();
  };
}

function place(plot, element, overTime, make) {
  const entry = {plot, element, overTime};
  charts.push(entry);
  return Object.assign(entry, make);
}

// Samples that are drawn as one, where there are more between two instants than can be told apart.
const kSteps = 240;
function samplesAtATime(run, from, to) {
  const inSight = run.at.length * Math.min(1, (to - from) / Math.max(run.end, 1e-9));
  return Math.max(1, Math.ceil(inSight / kSteps));
}

// One chart over time. `series` are {label, colour, values(every), dash, fill, path}; `top` is its largest value.
function timeChart(holder, run, {label, series, text, top, height = 170, numbered = false, hooks = {}, y = {}, legend = true, whole = true}) {
  const columns = every => [thinned(run.at, every), ...series.map(each => each.values(every))];
  let drawn = samplesAtATime(run, 0, wholeTime());
  const plot = new uPlot({
    width: Math.max(holder.clientWidth, 200), height,
    padding: [numbered ? 14 : 8, 20, 0, 0],
    scales: {x: {time: false, range: (u, min, max) => [min, max]}, y: {range: () => [0, top || 1], ...y.scale}},
    axes: [axis(tickTime, 28, {space: 70}), axis(text, kAxis, {...(whole ? {incrs: kWhole} : {}), ...y.axis})],
    series: [{label: 'at', value: (u, v) => v === null ? '–' : format.instant(v)},
      ...series.map(each => ({label: each.label, stroke: () => each.colour(), width: each.width || 1.5, dash: each.dash,
        fill: each.fill ? () => `color-mix(in srgb, ${each.colour()} 25%, transparent)` : undefined,
        points: {show: false}, paths: each.path || uPlot.paths.stepped({align: -1}), scale: 'y',
        value: (u, v) => v === null || v === undefined ? '–' : text(v)}))],
    legend: {show: legend, live: true},
    cursor: {sync: {key: 'time', setSeries: false, scales: ['x', null], filters: {pub: kind => kind !== 'mousedown' && kind !== 'mouseup'}},
      drag: {x: true, y: false, setScale: true}, points: {size: 5}},
    hooks: {
      drawAxes: hooks.drawAxes || [], draw: [...(hooks.draw || []), drawMarks(run, numbered)], setCursor: hooks.setCursor || [],
      setScale: [(u, key) => { if (key === 'x' && !zooming && u.ready) zoomTo(u.scales.x.min, u.scales.x.max); }],
      ready: [u => { u.ready = true; }]},
  }, columns(drawn), holder);
  plot.over.addEventListener('dblclick', () => zoomTo(0, wholeTime()));
  holder.setAttribute('role', 'img');
  holder.setAttribute('aria-label', `${label}, ${run.label}`);
  const refine = (from, to) => {
    const every = samplesAtATime(run, from, to);
    if (every !== drawn) plot.setData(columns(drawn = every), false);
  };
  return place(plot, holder, true, {label, run, refine});
}

const largest = columns => columns.reduce((most, column) => column.reduce((m, v) => v > m ? v : m, most), 0);

function rateSeries(run, way) {
  const series = [];
  for (const link of run.links) {
    const colour = () => linkColour(link.name);
    series.push({label: link.name, colour, values: every => run.goodput(link, way, every)});
    const configured = run.configured(link, way);
    if (configured.some(rate => rate > 0)) {
      series.push({label: `${link.name}: what it can`, colour, values: every => thinned(configured, every), dash: [6, 5], width: 1, configured: true});
    }
  }
  return series;
}

// What links can is in sight where it is not far above what they did.
function rateTop(run, series) {
  const every = samplesAtATime(run, 0, wholeTime());
  const did = largest(series.filter(each => !each.configured).map(each => each.values(every)));
  const can = largest(series.filter(each => each.configured).map(each => each.values(every)));
  return 1.08 * (can <= 2.5 * did ? Math.max(did, can) : did);
}

const linkSeries = (run, values, fill) => run.links.map(link =>
  ({label: link.name, colour: () => linkColour(link.name), values: every => values(link, every), fill}));

function flowSeries(run) {
  return run.flows.map(flow => ({label: flow.name, colour: () => linkColour(flow.link), values: every => thinned(run.flow(flow, 'cwnd'), every), width: 1.2,
    path: uPlot.paths.linear()}));
}

// Names the flow whose line is next to the pointer.
function pointAtFlow(run) {
  return plot => {
    const {left, top, idx} = plot.cursor;
    if (left === null || left < 0 || idx === null || !plot.over.matches(':hover')) return hideTip(plot);
    let best = null, least = 24;
    run.flows.forEach((flow, i) => {
      const value = plot.data[i + 1][idx];
      const distance = value === null || value === undefined ? Infinity : Math.abs(plot.valToPos(value, 'y') - top);
      if (distance < least) [best, least] = [`${flow.name}${flow.link && `\nby ${flow.link}`}\ncwnd ${format.count(value)} segments`, distance];
    });
    if (best) showTip(plot, best); else hideTip(plot);
  };
}

// Lanes are drawn by hooks, over a chart without lines.
const nothing = run => ({label: '', colour: () => 'transparent', values: every => thinned(run.at, every).map(() => null)});

// Lanes of what each link was on the wire, and in the engine's eyes.
const stateColour = state => state === 'up' ? css('--good') : state === 'down' ? css('--bad') : css('--mark');
function lanes(run) {
  const draw = plot => {
    const {ctx, bbox} = plot;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    run.links.forEach((link, i) => {
      const top = plot.valToPos(i + 0.1, 'y', true), bottom = plot.valToPos(i + 0.9, 'y', true);
      const strip = (values, colour, from, to) => {
        let begin = 0;
        for (let k = 1; k <= values.length; ++k) {
          if (k < values.length && values[k] === values[begin]) continue;
          const x0 = plot.valToPos(run.at[begin], 'x', true);
          const x1 = plot.valToPos(run.at[Math.min(k, values.length - 1)], 'x', true);
          ctx.fillStyle = colour(values[begin]);
          ctx.fillRect(x0, from, Math.max(x1 - x0, 1), to - from);
          begin = k;
        }
      };
      const middle = top + (bottom - top) * 0.5;
      strip(link.series.state, stateColour, top, middle - devicePixelRatio);
      strip(link.series.healthy, healthy => healthy ? css('--accent') : css('--warn'), middle + devicePixelRatio, bottom);
    });
    ctx.restore();
  };
  const names = {splits: () => run.links.map((_, i) => i + 0.5), grid: {show: false}, ticks: {show: false},
    values: () => run.links.map(link => short(link.name, 10))};
  return {label: 'Links', series: [nothing(run)], text: String, numbered: true,
    height: 44 + 30 * Math.max(run.links.length, 1), legend: false, hooks: {draw: [draw]},
    y: {scale: {dir: -1, range: () => [0, Math.max(run.links.length, 1)]}, axis: names}, whole: false};
}
const short = (text, most) => text.length > most ? text.slice(0, most - 1) + '…' : text;

// Bars of connections, by link.
function connectionLanes(run) {
  const {bars, groups, lanes: count} = run.connections();
  const height = Math.max(90, Math.min(460, 44 + count * (count <= 12 ? 16 : count <= 40 ? 9 : 4)));
  const draw = plot => {
    const colours = new Map(linkNames().map(name => [name, linkColour(name)]));
    const {ctx, bbox} = plot;
    const one = bbox.height / Math.max(count, 1);
    const gap = one > 3 * devicePixelRatio ? devicePixelRatio : 0;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height); ctx.clip();
    for (const bar of bars) {
      if (bar.to < plot.scales.x.min || bar.from > plot.scales.x.max) continue;
      const x = at => plot.valToPos(at, 'x', true);
      const y = bbox.top + bar.lane * one, tall = Math.max(one - gap, 1);
      ctx.fillStyle = colours.get(bar.record.link) || css('--none');
      ctx.globalAlpha = 0.3;
      ctx.fillRect(x(bar.from), y, Math.max(x(bar.connected) - x(bar.from), 1), tall);
      ctx.globalAlpha = 0.9;
      if (bar.record.connected_ns !== null) ctx.fillRect(x(bar.connected), y, Math.max(x(bar.to) - x(bar.connected), 1.5), tall);
      ctx.globalAlpha = 1;
      if (!bar.record.completed) {
        ctx.fillStyle = css('--bad');
        ctx.fillRect(x(bar.to) - 3 * devicePixelRatio, y, 3 * devicePixelRatio, tall);
      }
    }
    ctx.strokeStyle = css('--line');
    for (const group of groups.slice(1)) {
      const y = Math.round(bbox.top + group.from * one);
      ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
    }
    ctx.restore();
  };
  const point = plot => {
    const {left, top} = plot.cursor;
    if (left === null || left < 0 || !plot.over.matches(':hover')) return hideTip(plot);
    const at = plot.posToVal(left, 'x'), lane = Math.floor(top / (plot.over.clientHeight / Math.max(count, 1)));
    const slack = 3 * (plot.scales.x.max - plot.scales.x.min) / plot.over.clientWidth;
    const bar = bars.find(each => each.lane === lane && each.from - slack <= at && at <= each.to + slack);
    if (bar) showTip(plot, aboutTransfer(bar)); else hideTip(plot);
  };
  // Names that have room.
  const named = plot => {
    let last = -Infinity;
    return groups.map(group => {
      const y = (group.from + group.to) / 2 * plot.over.clientHeight / Math.max(count, 1);
      if (y - last < 13) return '';
      last = y;
      return short(group.name, 10);
    });
  };
  const names = {splits: () => groups.map(each => (each.from + each.to) / 2), grid: {show: false}, ticks: {show: false}, values: named};
  return {label: 'Connections', series: [nothing(run)], text: String, height,
    legend: false, hooks: {draw: [draw], setCursor: [point]}, bars, lanes: count,
    y: {scale: {dir: -1, range: () => [0, Math.max(count, 1)]}, axis: names}, whole: false};
}

function aboutTransfer({workload, record, number, from, to}) {
  const lines = [`${workload.name} ${number + 1}: ${record.link ? `through ${record.link}` : 'its link is not known'}`,
    `${format.instant(from)} to ${format.instant(to)}, ${format.time(to - from)}`];
  if (record.connected_ns !== null) lines.push(`connected after ${format.time(seconds(record.connected_ns) - from)} `
    + (record.first_byte_ns === null ? '' : `· first byte after ${format.time(seconds(record.first_byte_ns) - from)}`));
  lines.push(`${format.bytes(record.bytes)} · ${record.attempts} attempt${record.attempts === 1 ? '' : 's'}`);
  if (record.failure) lines.push(`Failed: ${record.failure}`);
  return lines.join('\n');
}

const tip = document.getElementById('tip');
function showTip(plot, text) {
  const box = plot.over.getBoundingClientRect();
  tip.textContent = text;
  tip.hidden = false;
  const x = box.left + plot.cursor.left, y = box.top + plot.cursor.top;
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 6)) + 'px';
  tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18) + 'px';
  tip.owner = plot;
}
function hideTip(plot) { if (tip.owner === plot) tip.hidden = true; }

// Latencies of all workloads of the runs in one chart: the second run is dashed.
function latencyChart(holder, chosen) {
  const names = [...new Set(chosen.flatMap(run => run.result.workloads.map(each => each.name)))];
  const tables = [], series = [];
  chosen.forEach((run, which) => run.result.workloads.forEach(workload => {
    const table = run.latencies(workload);
    if (!table[0].length) return;
    tables.push(table);
    const colour = palette.bind(null, names.indexOf(workload.name));
    series.push({label: (chosen.length > 1 ? run.letter + ' ' : '') + workload.name, colour, dash: which ? [7, 4] : undefined});
  }));
  if (!tables.length) return null;
  const least = Math.min(...tables.map(([xs]) => xs[0])), most = Math.max(...tables.map(([xs]) => xs[xs.length - 1]));
  const logarithmic = most / Math.max(least, 1e-9) > 30 && least > 0;
  const from = logarithmic ? least * 0.9 : 0, to = logarithmic ? most * 1.1 : most * 1.04 || 1;
  for (const table of tables) {  // from nothing, and on to the end
    table[0] = [...(table[0][0] > from ? [from] : []), ...table[0], to];
    table[1] = [...(table[0].length > table[1].length + 1 ? [0] : []), ...table[1], table[1][table[1].length - 1]];
  }
  const plot = new uPlot({
    width: Math.max(holder.clientWidth, 200), height: 260, padding: [8, 24, 0, 0],
    scales: {x: {time: false, distr: logarithmic ? 3 : 1, range: () => [from, to]},
      y: {range: () => [0, 100]}},
    axes: [axis(v => v === null ? '' : format.time(v), 28, {space: 60}), axis(v => v + '\u00a0%', kAxis)],
    series: [{label: 'after', value: (u, v) => v === null ? '–' : format.time(v)},
      ...series.map(each => ({label: each.label, stroke: () => each.colour(), width: 1.8, dash: each.dash, spanGaps: true,
        points: {show: false}, paths: uPlot.paths.stepped({align: 1}), value: (u, v, s, i) => i === null ? '–' : shareAt(u, s, i)}))],
    cursor: {drag: {x: false, y: false}}, legend: {live: true},
  }, tables.length > 1 ? uPlot.join(tables) : tables[0], holder);
  holder.setAttribute('role', 'img');
  holder.setAttribute('aria-label', 'Latency of the workloads, cumulative');
  return place(plot, holder, false, {label: 'Latency', tables, series});
}
// Between two of its steps a distribution is what it was.
function shareAt(plot, series, index) {
  const values = plot.data[series];
  while (index >= 0 && (values[index] === null || values[index] === undefined)) --index;
  return (index < 0 ? 0 : values[index]).toFixed(1) + '\u00a0%';
}

function fitCharts() {
  for (const {plot, element} of charts) {
    const width = Math.max(element.clientWidth, 200);
    if (Math.abs(width - plot.width) > 1) plot.setSize({width, height: plot.height});
  }
}

// Runs as charts want them: seconds, and columns that have one value for each sample.

const runs = JSON.parse(document.getElementById('runs').textContent);
const seconds = ns => ns / 1e9;

function scaled(value, units) {
  let unit = 0;
  while (Math.abs(value) >= 999.95 && unit + 1 < units.length) { value /= 1000; ++unit; }
  const digits = unit === 0 && Number.isInteger(value) ? 0 : Math.abs(value) < 10 ? 2 : 1;
  return value.toFixed(digits).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') + '\u00a0' + units[unit];
}
const format = {
  rate: v => scaled(v, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']),
  bytes: v => scaled(v, ['B', 'kB', 'MB', 'GB', 'TB']),
  count: v => scaled(v, ['', 'k', 'M', 'G']).trim(),
  percent: v => (v * 100).toFixed(1) + '\u00a0%',
  time: v => v === 0 ? '0\u00a0s' : v < 0.9995 ? scaled(v * 1e6, ['µs', 'ms']) : v < 120 ? v.toFixed(v < 10 ? 2 : 1) + '\u00a0s'
    : Math.floor(v / 60) + '\u00a0min\u00a0' + Math.round(v % 60) + '\u00a0s',
  instant: v => v.toFixed(3) + '\u00a0s',
};
const or = (value, text) => value === null || value === undefined ? '–' : text(value);

// Of so many samples one. Totals lose nothing by it.
const thinned = (column, every) => every === 1 ? column : column.filter((_, i) => i % every === 0 || i === column.length - 1);

// The largest of those that each one stands for.
function peaks(column, every) {
  if (every === 1) return column;
  let most = 0;
  const values = [];
  column.forEach((value, i) => {
    most = Math.max(most, value);
    if (i % every === 0 || i === column.length - 1) { values.push(most); most = 0; }
  });
  return values;
}

// What grew between a sample and the one before it, for each second.
function perSecond(at, totals, factor) {
  return totals.map((total, i) => i === 0 || at[i] === at[i - 1] ? (i === 0 ? null : 0)
    : (total - totals[i - 1]) * factor / (at[i] - at[i - 1]));
}
const growth = totals => totals.map((total, i) => i === 0 ? null : total - totals[i - 1]);

class Run {
  constructor(plain, letter) {
    this.result = plain.result;
    this.letter = letter;
    this.replay = plain.replay;
    this.flows = plain.flows;
    this.flowsLeftOut = plain.flows_left_out;
    this.notesLeftOut = plain.notes_left_out;
    this.notes = plain.notes.map(each => ({...each, at: seconds(each.at_ns)}));
    this.marks = this.notes.filter(each => each.event === 'change');
    this.end = seconds(this.result.end_ns);
    this.links = this.result.links;
    const first = this.links[0];
    this.at = first ? first.series.at_ns.map(seconds) : [0, this.end];
    this.place = new Map(first ? first.series.at_ns.map((at, i) => [at, i]) : []);
  }

  get title() { return this.result.scenario || this.result.source; }
  get label() { return `${this.title}, seed ${this.result.seed}`; }

  // Means and sums of so many samples at a time.
  goodput(link, way, every) { return perSecond(thinned(this.at, every), thinned(link.series[`payload_${way}_bytes`], every), 8); }
  configured(link, way) { return link.series[`rate_${way}_bits_per_second`]; }
  queue(link, way) { return link.series[`queue_${way}_bytes`]; }
  drops(link, way, every) { return growth(thinned(link.series[`drops_${way}`], every)); }

  // A flow's column on the links' time base; null where the connection was not there.
  flow(flow, column) {
    const values = new Array(this.at.length).fill(null);
    flow.at_ns.forEach((at, i) => { if (this.place.has(at)) values[this.place.get(at)] = flow[column][i]; });
    return values;
  }

  // Shares of all transfers that were over after so long: those that failed never are.
  latencies(workload) {
    const all = workload.round_trips_ns ? workload.round_trips_ns
      : workload.records.filter(each => each.completed).map(each => each.ended_ns - each.started_ns);
    const of = workload.datagrams === undefined ? workload.transfers : workload.datagrams;
    const sorted = all.map(seconds).sort((a, b) => a - b);
    const xs = [], ys = [];
    sorted.forEach((x, i) => {
      const y = 100 * (i + 1) / Math.max(of, sorted.length);
      if (xs.length && xs[xs.length - 1] === x) ys[ys.length - 1] = y; else { xs.push(x); ys.push(y); }
    });
    return [xs, ys];
  }

  // Bars: each transfer in a lane that is free when it begins, the workloads one below the other.
  connections() {
    const bars = [], groups = [];
    let base = 0;
    for (const workload of this.result.workloads) {
      const free = [];
      workload.records.forEach((record, number) => {
        const from = seconds(record.started_ns), to = seconds(record.ended_ns);
        let lane = free.findIndex(until => until <= from);
        if (lane < 0) lane = free.length;
        free[lane] = to;
        bars.push({workload, record, number, from, to, lane: base + lane,
          connected: record.connected_ns === null ? to : seconds(record.connected_ns)});
      });
      if (!free.length) continue;
      groups.push({name: workload.name, from: base, to: base + free.length});
      base += free.length;
    }
    return {bars, groups, lanes: base};
  }
}

const all = runs.map((plain, i) => new Run(plain, String.fromCharCode(65 + i)));

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const palette = i => css(`--c${i % 8}`);
// Every link has one colour in all that is shown, by the order in which names appear.
const linkNames = () => [...new Set(shown().flatMap(run => run.links.map(link => link.name)))];
const linkColour = name => linkNames().includes(name) ? palette(linkNames().indexOf(name)) : css('--none');

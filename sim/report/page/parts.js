// What is told in words and tables.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') element.className = value; else if (name.startsWith('on')) element[name] = value; else element.setAttribute(name, value);
  }
  element.append(...children.filter(each => each !== null));
  return element;
}
const fill = (id, ...children) => document.getElementById(id).replaceChildren(...children);
const letterOf = run => all.length > 1 ? make('span', {class: 'letter'}, run.letter) : null;

function headOf(run) {
  const {result} = run;
  const failed = result.expectations.filter(each => !each.passed).length;
  const verdict = !result.expectations.length ? 'nothing expected' : failed ? `${failed} of ${result.expectations.length} failed` : 'passed';
  const facts = [['file', result.source], ['seed', result.seed], ['ended at', format.time(run.end)],
    ['event hash', result.event_hash]].map(([name, value]) => make('span', {class: 'number'}, make('span', {class: 'faint'}, name + ' '), String(value)));
  if (result.hit_time_limit) facts.push(make('span', {class: 'warn'}, 'stopped at its time limit, with work left'));
  return make('div', {class: 'card'}, make('div', {class: 'top'}, letterOf(run), make('h1', {}, run.title),
    make('span', {class: 'badge ' + (failed ? 'bad' : 'good')}, verdict)),
    make('div', {class: 'facts'}, ...facts), make('div', {}, make('code', {class: 'faint'}, run.replay)));
}

function expectationsOf(run) {
  const items = run.result.expectations.map(each => make('li', {class: each.passed ? 'held' : 'failed'},
    make('code', {}, each.text), each.observed && each.passed ? make('span', {class: 'faint number'}, ' · ' + each.observed) : null,
    each.passed ? null : make('p', {class: 'why'}, each.reason)));
  return make('div', {class: 'card'}, letterOf(run), items.length ? make('ul', {class: 'expect'}, ...items)
    : make('p', {class: 'faint'}, 'The scenario expects nothing.'));
}

function marksOf(run) {
  const kMost = 40;
  const items = run.marks.slice(0, kMost).map((mark, i) => make('li', {}, make('b', {}, String(i + 1)),
    make('span', {class: 'number'}, format.time(mark.at)), ` ${mark.link || mark.host || 'name server'}: ${mark.what}`));
  if (run.marks.length > kMost) items.push(make('li', {class: 'faint'}, `and ${run.marks.length - kMost} more`));
  return make('ol', {class: 'marks'}, ...items);
}

function swatch(colour, text) {
  const box = make('i');
  box.style.background = colour;
  return make('span', {}, box, text);
}
const laneKey = () => make('div', {class: 'key'}, make('span', {}, 'Above, the wire:'), swatch('var(--good)', 'up'), swatch('var(--bad)', 'down'),
  swatch('var(--mark)', 'swallows packets'), make('span', {}, 'Below, in the engine’s eyes:'), swatch('var(--accent)', 'up'), swatch('var(--warn)', 'not up'));
function connectionKey() {
  return make('div', {class: 'key'}, ...linkNames().map((name, i) => swatch(`var(--c${i % 8})`, name)), swatch('var(--none)', 'no link is known'),
    swatch('var(--bad)', 'failed'), make('span', {}, 'pale: not connected yet'));
}

function table(heads, rows) {
  return make('div', {class: 'scroll'}, make('table', {class: 'data number'},
    make('thead', {}, make('tr', {}, ...heads.map(each => make('th', {scope: 'col'}, each)))), make('tbody', {}, ...rows)));
}

// Of one thing in each of the runs, with the difference where there are two.
function rowsOf(chosen, find, columns) {
  const names = [...new Set(chosen.flatMap(run => find(run).map(each => each.name)))];
  return names.flatMap(name => chosen.map((run, which) => {
    const item = find(run).find(each => each.name === name);
    if (!item) return null;
    const head = make('td', {}, letterOf(run), (letterOf(run) ? ' ' : '') + name);
    const cells = columns.map(column => {
      const value = column.value(item);
      return make('td', column.wide ? {class: 'wide'} : {}, or(value, column.text || String), difference(chosen, which, find, name, column, value));
    });
    return make('tr', {class: which === 0 ? 'group' : ''}, head, ...cells);
  })).filter(row => row);
}

function difference(chosen, which, find, name, column, value) {
  if (chosen.length < 2 || which === 0 || column.wide || typeof value !== 'number') return null;
  const before = find(chosen[0]).find(each => each.name === name);
  const was = before ? column.value(before) : null;
  if (typeof was !== 'number' || was === value || was === 0) return null;
  const percent = 100 * (value - was) / was;
  return make('span', {class: 'faint'}, ` (${percent > 0 ? '+' : '−'}${Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 1 : 0)}\u00a0%)`);
}

const workloadColumns = [
  {head: 'kind', value: w => w.kind},
  {head: 'done', value: w => `${w.completed} of ${w.transfers}`},
  {head: 'failed', value: w => w.failed},
  {head: 'p50', value: w => w.latency_ns.p50, text: v => format.time(seconds(v))},
  {head: 'p90', value: w => w.latency_ns.p90, text: v => format.time(seconds(v))},
  {head: 'p99', value: w => w.latency_ns.p99, text: v => format.time(seconds(v))},
  {head: 'longest', value: w => w.latency_ns.max, text: v => format.time(seconds(v))},
  {head: 'goodput', value: w => w.goodput_bits_per_second, text: format.rate},
  {head: 'and', value: w => w.stalls !== undefined ? `${w.stalls} stalls, ${or(w.stall_time_ns, v => format.time(seconds(v)))} in all`
    : w.datagrams !== undefined ? `${format.percent(1 - w.datagrams_back / Math.max(w.datagrams, 1))} lost, jitter ${or(w.jitter_ns, v => format.time(seconds(v)))}` : null}];

const sumOf = reasons => Object.entries(reasons).map(([why, count]) => `${count} ${why}`).join(', ');
const linkColumns = [
  {head: 'share', value: l => l.share, text: format.percent},
  {head: 'connections', value: l => l.connections},
  {head: 'dials', value: l => l.dials},
  {head: 'not made', value: l => l.dial_failures},
  {head: 'down', value: l => l.payload_down_bytes, text: format.bytes},
  {head: 'up', value: l => l.payload_up_bytes, text: format.bytes},
  {head: 'goodput', value: l => l.goodput_bits_per_second, text: format.rate},
  {head: 'packets dropped', value: l => [['down', l.drop_reasons_down], ['up', l.drop_reasons_up]]
    .map(([way, reasons]) => [way, sumOf(reasons)]).filter(([, sum]) => sum).map(([way, sum]) => `${way}: ${sum}`).join('; ') || null, wide: true}];

const levels = ['debug', 'info', 'warning', 'error'];
function notesOf(run, least, words) {
  const kMost = 400;
  const all = run.notes.filter(note => (note.event === 'change' || levels.indexOf(note.level) >= levels.indexOf(least))
    && (!words || textOf(note).toLowerCase().includes(words)));
  const lines = all.slice(0, kMost).map(note => make('div', {class: note.event === 'change' ? 'change' : note.level},
    make('button', {type: 'button', title: 'Look at this instant', onclick: () => lookAt(note.at)}, format.instant(note.at)), make('span', {}, textOf(note))));
  const rest = all.length > kMost ? `and ${all.length - kMost} more: search for what you want` : run.notesLeftOut
    ? `and ${run.notesLeftOut} more, which this page does not hold: dispatch-sim --events writes them` : '';
  return make('div', {class: 'card'}, letterOf(run), lines.length ? make('div', {class: 'lines', tabindex: '0'}, ...lines)
    : make('p', {class: 'faint'}, words ? 'No line says this.' : 'Nothing that it says at this level.'), rest ? make('p', {class: 'faint'}, rest) : null);
}
const textOf = note => note.event === 'change' ? `The scenario: ${note.link || note.host || 'name server'}: ${note.what}`
  : (note.host === 'client' ? '' : note.host + ': ') + note.line;

function lookAt(at) {
  const span = Math.max(wholeTime() / 20, 0.5);
  zoomTo(Math.max(0, at - span / 2), Math.min(wholeTime(), at + span / 2));
  document.getElementById('h-timeline').scrollIntoView({behavior: 'smooth'});
}

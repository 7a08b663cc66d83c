// The page: which runs are shown, which way, and what is drawn of them.

const state = {runs: all.length > 1 ? [0, 1] : [0], way: 'down', level: all.some(run => run.notes.some(note => note.event === 'log' && note.level !== 'debug')) ? 'info' : 'debug', words: ''};
const shown = () => state.runs.map(i => all[i]);

function chartCard(run, spec, {title, note, key}) {
  const holder = make('div');
  const card = make('div', {class: 'card chart'}, make('div', {class: 'head'}, letterOf(run), make('h3', {}, title),
    note ? make('span', {class: 'note'}, note) : null), holder, ...(key || []));
  return {card, draw: () => timeChart(holder, run, spec)};
}

function timelineRows() {
  const way = state.way, chosen = shown();
  const common = values => Math.max(...chosen.map(values));
  const rateMost = common(run => rateTop(run, rateSeries(run, way)));
  const queueMost = 1.08 * common(run => largest(run.links.map(link => run.queue(link, way))));
  const dropMost = 1.08 * common(run => largest(run.links.map(link => run.drops(link, way, samplesAtATime(run, 0, wholeTime())))));
  const windowMost = 1.08 * common(run => largest(run.flows.map(flow => flow.cwnd)));
  const rows = [
    run => chartCard(run, lanes(run), {title: 'Links', key: [laneKey(), marksOf(run)]}),
    run => chartCard(run, {label: 'Rate', series: rateSeries(run, way), text: format.rate, top: rateMost},
      {title: `Rate, ${way}`, note: 'payload that the engine relayed; dashed, what the link can'}),
    run => chartCard(run, connectionLanes(run), {title: 'Connections', note: 'each transfer of the workloads', key: [connectionKey()]}),
    run => chartCard(run, {label: 'Queue', series: linkSeries(run, (link, every) => peaks(run.queue(link, way), every)), text: format.bytes, top: queueMost},
      {title: `Queue, ${way}`, note: queueMost ? 'the most bytes that waited before the link' : 'nothing waited before a link'}),
    run => chartCard(run, {label: 'Drops', series: linkSeries(run, (link, every) => run.drops(link, way, every), true), text: format.count, top: dropMost, height: 120},
      {title: `Drops, ${way}`, note: dropMost ? 'packets, in each step' : 'no packet was dropped'}),
    run => chartCard(run, {label: 'cwnd', series: flowSeries(run), text: v => format.count(v), top: windowMost, height: 200, legend: run.flows.length <= 4,
      hooks: {setCursor: [pointAtFlow(run)]}},
      {title: 'Congestion windows', note: 'segments; coloured by link' + (run.flowsLeftOut ? `; of the ${run.flows.length} connections that sent most, of ${run.flows.length + run.flowsLeftOut}` : '')})];
  return rows.filter((_, i) => i !== 5 || chosen.some(run => run.flows.length));
}

function draw() {
  const zoom = charts.length && !document.getElementById('whole').disabled ? timeCharts()[0].plot.scales.x : null;
  const range = zoom ? [zoom.min, zoom.max] : null;
  for (const {plot} of charts.splice(0)) plot.destroy();
  const chosen = shown();
  const columns = chosen.length > 1 ? 'runs two' : 'runs';
  document.title = chosen.map(run => run.label).join(' · ');
  document.getElementById('head').className = chosen.length > 1 ? 'two' : '';
  for (const id of ['expectations', 'notes']) document.getElementById(id).className = columns;
  fill('head', ...chosen.map(headOf));
  fill('expectations', ...chosen.map(expectationsOf));
  const cards = timelineRows().map(row => chosen.map(row));
  fill('timeline', ...cards.map(row => make('div', {class: 'row'}, make('div', {class: columns}, ...row.map(each => each.card)))));
  for (const row of cards) for (const each of row) each.draw();
  zoomTo(...(range || [0, wholeTime()]));

  const holder = make('div');
  fill('latency', make('div', {class: 'card chart row'}, make('div', {class: 'head'}, make('h3', {}, 'Latency'),
    make('span', {class: 'note'}, 'share of all transfers that were over after so long' + (chosen.length > 1 ? `; ${chosen[1].letter} is dashed` : ''))), holder));
  if (!latencyChart(holder, chosen)) holder.replaceChildren(make('p', {class: 'faint'}, 'No transfer was completed.'));
  fill('workloads', table(['workload', ...workloadColumns.map(each => each.head)], rowsOf(chosen, run => run.result.workloads, workloadColumns)));
  fill('links', table(['link', ...linkColumns.map(each => each.head)], rowsOf(chosen, run => run.links, linkColumns)));
  drawNotes();
}

function drawNotes() {
  fill('notes', ...shown().map(run => notesOf(run, state.level, state.words)));
}

function chooser(which, label, none) {
  const select = make('select', {'aria-label': label, onchange: event => {
    const value = Number(event.target.value);
    if (value < 0) state.runs.splice(which, 1); else state.runs[which] = value;
    draw();
  }});
  if (none) select.append(make('option', {value: '-1'}, 'nothing'));
  all.forEach((run, i) => select.append(make('option', {value: String(i)}, `${run.letter} ${short(run.label, 60)}${run.result.passed ? '' : ' (failed)'}`)));
  select.value = which in state.runs ? String(state.runs[which]) : '-1';
  return make('label', {}, label + ' ', select);
}

function begin() {
  if (all.length > 1) {
    document.getElementById('choice').hidden = false;
    fill('choice', chooser(0, 'Run', false), chooser(1, 'beside', true));
  }
  const ways = ['down', 'up'].map(way => make('button', {type: 'button', 'aria-pressed': String(way === state.way), onclick: event => {
    state.way = way;
    for (const each of ways) each.setAttribute('aria-pressed', String(each === event.target));
    draw();
  }}, way === 'down' ? 'Down' : 'Up'));
  fill('directions', ...ways);
  document.getElementById('whole').onclick = () => zoomTo(0, wholeTime());
  const level = document.getElementById('level');
  for (const each of levels.slice(0, 3)) level.append(make('option', {value: each}, each === 'debug' ? 'everything' : each === 'info' ? 'decisions and trouble' : 'trouble only'));
  level.value = state.level;
  level.onchange = () => { state.level = level.value; drawNotes(); };
  document.getElementById('search').oninput = event => { state.words = event.target.value.trim().toLowerCase(); drawNotes(); };
  draw();
  addEventListener('resize', fitCharts);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  document.querySelector('main').append(make('footer', {class: 'faint'}, 'Written by dispatch-sim. Charts: uPlot 1.6.32, © 2022 Leon Sorokin, MIT license.'));
}
begin();

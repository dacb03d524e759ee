// @ts-check
/** App: changes of the state, and which parts of the page are drawn for them. */

let listed = '';
let hashTimer = 0;

/** Change the state and what depends on it. @param {Partial<State>} change @param {boolean} [page] a new one, for "back" */
function go(change, page = false) {
  Object.assign(state, change);
  writeHash(page);
  draw();
}

/** Browsers refuse hundreds of changes of the address in a row, so that all but new pages wait. */
function writeHash(page = false) {
  clearTimeout(hashTimer);
  if (page) history.pushState(null, '', toHash(state));
  else hashTimer = setTimeout(() => history.replaceState(null, '', toHash(state)), 150);
}

function readHash() {
  clearTimeout(hashTimer);
  Object.assign(state, fromHash(location.hash));
  state.ids = state.ids.filter((id) => BY_ID.has(id)); // a link may be of other results
  draw();
}

function draw() {
  for (const view of VIEWS) {
    $(`view-${view}`).hidden = state.view !== view;
    for (const tab of $$(`nav [href="#${view}"]`)) tab.ariaCurrent = state.view === view ? 'page' : 'false';
  }
  drawTools();
  const { q, sort, group, stack, size } = state;
  const list = JSON.stringify([q, sort, group, stack, size]);
  if (list !== listed) listGrid();
  listed = list;
  stopPlayer();
  $('compare-stage').replaceChildren(); // lets go of its films
  ({ axes: drawAxes, compare: drawCompare, print: drawSheet })[state.view]?.();
  drawOne();
}

function drawTools() {
  for (const each of $$('[data-bind]')) if (each !== document.activeElement) each.value = state[each.dataset.bind];
  for (const each of $$('[data-flip]')) each.ariaPressed = `${state[each.dataset.flip]}`;
  for (const chip of $$('[data-token]')) chip.ariaPressed = `${state.q.split(' ').includes(chip.dataset.token)}`;
  $('selected').textContent = state.ids.length || '';
}

/** The contact sheet: all that the search finds, to be printed. */
function drawSheet() {
  const items = arrange(JOBS, { ...state, group: '', stack: false }, markOf).flatMap((group) => group.items);
  $('sheet').replaceChildren(...items.map(({ jobs: [job] }) => h('figure', {}, thumbnail(job),
    h('figcaption', {}, own(job.id), h('span', {}, `${job.seed ?? ''} ${'★'.repeat(markOf(job).stars)}`)))));
}

/** The list with the value, or without it. @param {string[]} list @param {string} value */
const toggled = (list, value) => (list.includes(value) ? list.filter((each) => each !== value) : [...list, value]);

/** Put a value into a list of the state, or take it out. @param {'hide' | 'ids'} key @param {string} value */
const toggle = (key, value) => go({ [key]: toggled(state[key], value) });

/** The job in focus: large, in a pane, or in a cell. @returns {Job | undefined} */
function focusedJob() {
  if (state.one) return BY_ID.get(state.one);
  return state.view === 'compare' ? compared()[pane] : jobIn(document.activeElement?.closest('.cell'));
}

/** The jobs that a mark is for: the one in focus, or the selection that it is part of. */
function targets() {
  const job = focusedJob();
  if (!job) return [];
  const several = !state.one && state.view !== 'compare' && state.ids.includes(job.id);
  return several ? state.ids.map((id) => BY_ID.get(id)) : [job];
}

/** Mark, show it, and go on to what is not marked yet.
 * @param {any[]} jobs @param {(mark: Mark, job: Job) => Partial<Mark>} change @param {boolean} [advance] */
function mark(jobs, change, advance = false) {
  if (!jobs.length) return;
  const before = grid.items[grid.n];
  changeMarks(jobs, change);
  tell(`${jobs[0].id}: ${describe(markOf(jobs[0]))}`);
  showMarks(jobs);
  const gone = state.view === 'all' && grid.items[grid.n] !== before; // the next one has come here
  if (advance && !(gone && !state.one)) goOn(jobs[0]);
}

/** @param {Job[]} jobs */
function showMarks(jobs) {
  jobs.forEach(refreshMarks);
  countMarks();
  if (dependsOnMarks(state)) listGrid(grid.n);
}

function countMarks() {
  for (const mark of ['picked', 'rejected', null]) {
    $(`n-${mark}`).textContent = JOBS.filter((job) => markOf(job).mark === mark).length;
  }
}

/** To the next take that is not marked, unless this one was picked; otherwise to the next result. @param {Job} job */
function goOn(job) {
  const takes = state.one ? STACKS.get(job.stack) : grid.items[grid.n]?.jobs;
  const left = takes?.find((each) => each.index > job.index && !markOf(each).mark);
  if (!state.stack || !left || state.view !== 'all' || markOf(job).mark !== 'rejected') step(1);
  else if (state.one) openOne(left);
  else turn(cellOf(grid.n), takes.indexOf(left) - takes.indexOf(job));
}

/** To the next result or the one before, in whatever is in front. @param {number} by */
function step(by) {
  if (state.one) walk(by);
  else if (state.view === 'compare') focusPane(pane + by);
  else if (state.view === 'axes') stepAxes(by, 0);
  else if (state.view === 'all') focusItem(grid.n + by);
}

/** Through the takes of an entry. @param {number} by */
function stepTakes(by) {
  const job = BY_ID.get(state.one);
  const takes = STACKS.get(job?.stack ?? '');
  if (job) openOne(takes[clamp(takes.indexOf(job) + by, takes)]);
  else turn(document.activeElement?.closest('.cell'), by);
}

/** @param {number} by */
function stepDown(by) {
  if (state.one) stepTakes(by);
  else if (state.view === 'axes') stepAxes(0, by);
  else if (state.view === 'all') focusItem(itemBelow(by));
}

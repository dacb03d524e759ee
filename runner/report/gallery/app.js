// @ts-check
/** App: what keys, pointers and the address do to the state, and which parts are drawn for it. */

let listed = '';
let hashTimer = 0;

/** Change the state and what depends on it. @param {Partial<State>} change @param {boolean} [page] a new page for "back" */
function go(change, page = false) {
  Object.assign(state, change);
  if (page) { clearTimeout(hashTimer); history.pushState(null, '', toHash(state)); }
  else writeHash();
  draw();
}

/** Browsers refuse hundreds of changes of the address in a row. */
function writeHash() {
  clearTimeout(hashTimer);
  hashTimer = setTimeout(() => history.replaceState(null, '', toHash(state)), 150);
}

function readHash() {
  clearTimeout(hashTimer);
  Object.assign(state, fromHash(location.hash));
  draw();
}

function draw() {
  for (const view of VIEWS) {
    const part = view === 'print' ? 'print' : view;
    $(part).hidden = state.view !== view;
    const tab = document.querySelector(`nav [href="#${view}"]`);
    if (state.view === view) tab?.setAttribute('aria-current', 'page');
    else tab?.removeAttribute('aria-current');
  }
  document.body.classList.toggle('printing', state.view === 'print');
  drawTools();
  const key = JSON.stringify([state.q, state.sort, state.group, state.stack, state.size]);
  if (state.view === 'all' && key !== listed) { listed = key; listGrid(); }
  if (state.view === 'axes') drawAxes();
  if (state.view === 'compare') drawCompare();
  if (state.view === 'print') drawSheet();
  drawOne();
}

function drawTools() {
  if (document.activeElement !== $('q')) $('q').value = state.q;
  $('sort').value = state.sort.replace('-', '');
  $('descending').setAttribute('aria-pressed', String(state.sort.startsWith('-')));
  $('group').value = state.group;
  $('size').value = state.size;
  $('stack').setAttribute('aria-pressed', String(state.stack));
  $('advance').setAttribute('aria-pressed', String(state.advance));
  for (const chip of document.querySelectorAll('[data-token]')) {
    chip.setAttribute('aria-pressed', String(state.q.split(' ').includes(chip.getAttribute('data-token') ?? '')));
  }
  $('selected').textContent = state.ids.length ? String(state.ids.length) : '';
}

/** The contact sheet: all that the search finds, to be printed. */
function drawSheet() {
  const jobs = arrange(JOBS, { ...state, group: '', stack: false }, markOf).flatMap((group) => group.items.map((item) => item.jobs[0]));
  $('sheet').replaceChildren(...jobs.map((job) => h('figure', {}, thumbnail(job),
    h('figcaption', {}, h('bdi', {}, job.id), h('span', {}, `${job.seed ?? ''} ${'★'.repeat(markOf(job).stars)}`)))));
}

/** Put a value into a list of the state, or take it out. @param {'hide' | 'ids'} key @param {string} value */
function toggle(key, value) {
  const list = state[key];
  go({ [key]: list.includes(value) ? list.filter((each) => each !== value) : [...list, value] });
}

/** The jobs that a mark is for: what is in focus, or the selection that the focus is in. @returns {Job[]} */
function targets() {
  if (state.one) return [BY_ID.get(state.one)].flatMap((job) => job ?? []);
  if (state.view === 'compare') return compared().slice(pane, pane + 1);
  const focused = focusedJob();
  if (!focused) return [];
  return state.ids.includes(focused.id) ? state.ids.flatMap((id) => BY_ID.get(id) ?? []) : [focused];
}

/** @returns {Job | null} */
function focusedJob() {
  const bar = document.activeElement?.closest('.cell')?.querySelector('[data-job]');
  return bar ? JOBS[Number(bar.getAttribute('data-job'))] : null;
}

/** Mark, show it, and go on to the next. @param {Job[]} jobs @param {(mark: Mark, job: Job) => Partial<Mark>} change @param {boolean} [advance] */
function mark(jobs, change, advance = false) {
  if (!jobs.length) return;
  changeMarks(jobs, change);
  const job = jobs[0];
  announce(`${job.id}: ${reviewText(markOf(job))}`);
  const before = grid.items[grid.n];
  showMarks(jobs);
  if (!advance || jobs.length > 1) return;
  if (state.one) walkOn(job);
  else if (state.view === 'compare') focusPane(pane + 1);
  else if (state.view === 'all' && grid.items[grid.n] === before) advanceGrid(job);
}

/** @param {Job[]} jobs */
function showMarks(jobs) {
  jobs.forEach(refreshMarks);
  if (state.view === 'all' && dependsOnMarks(state)) {
    const inGrid = $('grid').contains(document.activeElement);
    if (!grid.items[grid.n]) return;
    state.at = current(grid.items[grid.n]).id;
    listGrid();
    if (inGrid) focusItem(grid.n);
  }
  countMarks();
}

/** The next take that is not marked, or else the next cell. @param {Job} job */
function advanceGrid(job) {
  const item = grid.items[grid.n];
  const left = item.jobs.find((each) => each !== job && !markOf(each).mark && each.index > job.index);
  if (left && markOf(job).mark !== 'picked') { turned.set(left.stack, left.id); turn(item, 0); cellOf(grid.n)?.focus(); }
  else focusItem(grid.n + 1);
}

/** @param {Job} job */
function walkOn(job) {
  const left = (STACKS.get(job.stack) ?? []).find((each) => !markOf(each).mark && each.index > job.index);
  if (left && markOf(job).mark !== 'picked') openOne(left);
  else walk(1);
}

function countMarks() {
  const of = (mark) => JOBS.filter((job) => markOf(job).mark === mark).length;
  $('n-picked').textContent = of('picked');
  $('n-rejected').textContent = of('rejected');
  $('n-none').textContent = of(null);
}

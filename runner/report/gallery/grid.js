// @ts-check
/** Grid: all results in cells of one size. Only the rows near the window are in the document, so that
 * 20,000 results scroll like 20. */

/** @typedef {{top: number, height: number, from: number, items: Item[], title: string}} Line */

const GAP = 10;
const CAPTION = 52;
const HEAD = 40;
const OVERSCAN = 500; // pixels; one fast flick of the wheel

/** @type {Map<string, string>} stack → the take shown in its cell, where somebody has turned to one */
const turned = new Map();

const grid = {
  items: /** @type {Item[]} */ ([]),
  lines: /** @type {Line[]} */ ([]),
  rows: /** @type {Map<number, HTMLElement>} */ (new Map()),
  n: 0, // of the item in focus
  columns: 1,
};

/** The take that a cell shows: the one turned to, the picked one, or the first. @param {Item} item */
function current(item) {
  const id = turned.get(item.jobs[0].stack);
  return item.jobs.find((job) => job.id === id)
    ?? item.jobs.find((job) => markOf(job).mark === 'picked') ?? item.jobs[0];
}

/** Arrange the jobs again; focus stays on the same job, or at the same place if that has gone. */
function listGrid() {
  const focused = $('grid').contains(document.activeElement);
  const groups = arrange(JOBS, state, markOf);
  grid.items = groups.flatMap((group) => group.items);
  const at = state.at ? grid.items.findIndex(({ jobs }) => jobs.some((job) => job.id === state.at)) : 0;
  grid.n = Math.max(0, Math.min(at < 0 ? grid.n : at, grid.items.length - 1));
  layOutGrid(groups);
  $('grid').hidden = !grid.items.length;
  $('empty').hidden = grid.items.length > 0;
  if (focused) focusItem(grid.n);
  const shown = new Set(grid.items.flatMap((item) => item.jobs)).size;
  $('count').textContent = t('shown', { n: shown, all: JOBS.length });
}

/** @param {Group[]} groups */
function layOutGrid(groups) {
  const room = $('scroller').clientWidth - 2 * GAP;
  grid.columns = Math.max(1, Math.floor((room + GAP) / (state.size + GAP)));
  const width = Math.floor((room + GAP) / grid.columns) - GAP;
  const height = Math.round(width * SHAPE) + CAPTION;
  $('grid').style.setProperty('--w', `${width}px`);
  $('grid').style.setProperty('--h', `${height}px`);
  grid.lines = linesOf(groups, grid.columns, height + GAP);
  const last = grid.lines.at(-1);
  $('grid').style.height = `${last ? last.top + last.height : 0}px`;
  $('grid').setAttribute('aria-rowcount', String(grid.lines.length));
  $('grid').setAttribute('aria-colcount', String(grid.columns));
  $('grid').replaceChildren();
  grid.rows.clear();
  drawRows();
}

/** @param {Group[]} groups @param {number} columns @param {number} height @returns {Line[]} */
function linesOf(groups, columns, height) {
  /** @type {Line[]} */
  const lines = [];
  let [top, from] = [0, 0];
  const add = (tall, items, title = '') => {
    lines.push({ top, height: tall, from, items, title });
    [top, from] = [top + tall, from + items.length];
  };
  for (const { title, items } of groups) {
    if (title) add(HEAD, [], `${title}  ${items.length}`);
    for (let n = 0; n < items.length; n += columns) add(height, items.slice(n, n + columns));
  }
  return lines;
}

/** Bring the document in step with where the window is. */
function drawRows() {
  const { scrollTop, clientHeight } = $('scroller');
  const wanted = new Set([lineOf(grid.n)]); // what has the focus stays
  for (let n = lineAt(scrollTop - OVERSCAN); n < grid.lines.length; n++) {
    if (grid.lines[n].top > scrollTop + clientHeight + OVERSCAN) break;
    wanted.add(n);
  }
  for (const [n, row] of grid.rows) {
    if (wanted.has(n)) wanted.delete(n);
    else { row.remove(); grid.rows.delete(n); }
  }
  for (const n of wanted) if (grid.lines[n]) grid.rows.set(n, addRow(grid.lines[n], n));
}

/** The last line that begins at or above. @param {number} top */
function lineAt(top) {
  let [low, high] = [0, grid.lines.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (grid.lines[middle].top <= top) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** @param {number} n of an item */
const lineOf = (n) => grid.lines.findIndex((line) => n >= line.from && n < line.from + line.items.length);

/** @param {Line} line @param {number} n */
function addRow(line, n) {
  const row = h('div', { role: 'row', class: line.title ? 'row head' : 'row', 'aria-rowindex': n + 1 });
  row.style.transform = `translateY(${line.top}px)`;
  if (line.title) row.append(h('div', { role: 'rowheader', 'aria-colspan': grid.columns, dir: 'auto' }, line.title));
  line.items.forEach((item, column) => {
    const cell = h('div', { role: 'gridcell', 'aria-colindex': column + 1, 'data-n': line.from + column });
    row.append(fillCell(cell, item));
    cell.tabIndex = line.from + column === grid.n ? 0 : -1;
  });
  // In the order of the lines, as screen readers read it.
  const next = [...grid.rows.keys()].filter((each) => each > n).sort((a, b) => a - b)[0];
  $('grid').insertBefore(row, grid.rows.get(next) ?? null);
  return row;
}

/** @param {any} cell @param {Item} item */
function fillCell(cell, item) {
  const job = current(item);
  cell.className = 'cell';
  cell.dataset.is = markOf(job).mark ?? '';
  cell.setAttribute('aria-selected', String(state.ids.includes(job.id)));
  const badge = job.file?.seconds ? clock(job.file.seconds) : '';
  cell.replaceChildren(
    h('div', { class: `pic ${job.file?.kind ?? ''}`, 'data-play': Boolean(playable(job)) },
      thumbnail(job), badge && h('span', { class: 'badge' }, badge), reviewersDiffer(job) && h('span', { class: 'badge differ', title: t('differ') }, '≠')),
    h('div', { class: 'line' }, h('bdi', { class: 'id', title: job.id }, job.id), takes(item, job)),
    h('div', { class: 'line' }, markBar(job, false), h('span', { class: 'fact' }, fact(job))));
  return cell;
}

/** What is told beside the marks: the seed, or what the cells are sorted by. @param {Job} job */
function fact(job) {
  const sort = state.sort.replace('-', '');
  if (sort === 'cost') return price(job.cost ?? job.estimate);
  if (sort === 'duration') return madeIn(job) ? `${madeIn(job).toFixed(1)} s` : '';
  if (sort === 'time') return moment(job.at[1]);
  return job.seed === null ? '' : String(job.seed);
}

/** @param {Item} item @param {Job} job */
function takes(item, job) {
  if (item.jobs.length < 2) return job.take !== null && h('span', { class: 'take' }, t('take_n', { n: job.take }));
  const turn = (icon, by) => iconButton(icon, t(icon), { tabindex: -1, 'data-turn': by });
  return h('span', { class: 'take' }, turn('previous', -1), `${item.jobs.indexOf(job) + 1}/${item.jobs.length}`, turn('next', 1));
}

/** Show another take in its cell, around the end too. @param {Item} item @param {number} by */
function turn(item, by) {
  const now = item.jobs.indexOf(current(item));
  const job = item.jobs[(now + by + item.jobs.length) % item.jobs.length];
  turned.set(job.stack, job.id);
  const cell = cellOf(grid.items.indexOf(item));
  if (cell) fillCell(cell, item);
  return job;
}

/** @param {number} n @returns {HTMLElement | null} */
const cellOf = (n) => $('grid').querySelector(`[data-n="${n}"]`);

/** Move the focus, the one tab stop of the grid, and the window with it. @param {number} n */
function focusItem(n) {
  if (!grid.items.length) return;
  const before = cellOf(grid.n);
  if (before) before.tabIndex = -1;
  grid.n = Math.max(0, Math.min(n, grid.items.length - 1));
  state.at = current(grid.items[grid.n]).id;
  const line = grid.lines[lineOf(grid.n)];
  const scroller = $('scroller');
  const low = line.top + line.height - scroller.clientHeight + 2 * GAP;
  if (scroller.scrollTop > line.top) scroller.scrollTop = grid.n < grid.columns ? 0 : line.top;
  else if (scroller.scrollTop < low) scroller.scrollTop = low;
  drawRows();
  const cell = cellOf(grid.n);
  if (cell) { cell.tabIndex = 0; cell.focus({ preventScroll: true }); }
  writeHash();
}

/** The item as many lines further, in the same column. @param {number} by */
function itemBelow(by) {
  const rows = grid.lines.filter((line) => line.items.length);
  const at = rows.findIndex((line) => grid.n < line.from + line.items.length);
  const line = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  return line.from + Math.min(grid.n - rows[at].from, line.items.length - 1);
}

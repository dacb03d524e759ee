// @ts-check
/** Grid: all results in cells of one size. Only the rows near the window are in the document, so that
 * 20,000 results scroll like 20. */

/** @typedef {{top: number, height: number, from: number, items: Item[], title: string}} Line */

// Pixels, as in style.css. OVERSCAN: what one fast flick of the wheel passes.
const [GAP, CAPTION, HEAD, OVERSCAN] = [10, 52, 40, 500];

/** Stack to the take shown in its cell, where somebody has turned to one. */
const turned = new Map();

const grid = {
  /** @type {Item[]} */
  items: [],
  /** @type {Line[]} */
  lines: [],
  /** @type {Map<number, HTMLElement>} */
  rows: new Map(),
  n: 0, // of the item in focus
  columns: 1,
};

/** The take that a cell shows: the one turned to, the picked one, or the first. @param {Item} item */
function current({ jobs }) {
  return jobs.find((job) => turned.get(job.stack) === job.id) ?? jobs.find((job) => markOf(job).mark === 'picked') ?? jobs[0];
}

/** Arrange the jobs again; focus stays on the same job. @param {number} [n] where it goes if that is not shown */
function listGrid(n = 0) {
  const focused = $('grid').contains(document.activeElement);
  const groups = arrange(JOBS, state, markOf);
  grid.items = groups.flatMap((group) => group.items);
  const at = grid.items.findIndex(({ jobs }) => jobs.some((job) => job.id === state.at));
  grid.n = clamp(at < 0 ? n : at, grid.items);
  layOutGrid(groups);
  $('grid').hidden = !grid.items.length;
  $('empty').hidden = grid.items.length > 0;
  if (focused) focusItem(grid.n);
  const shown = new Set(grid.items.flatMap((item) => item.jobs)).size;
  $('count').textContent = t('shown', { n: shown, all: JOBS.length });
}

/** The nearest index that there is. @param {number} n @param {ArrayLike<any>} list */
const clamp = (n, list) => Math.max(0, Math.min(n, list.length - 1));

/** @param {Group[]} groups */
function layOutGrid(groups) {
  const room = $('scroller').clientWidth - GAP;
  grid.columns = Math.max(room < 500 ? 2 : 1, Math.floor(room / (state.size + GAP)));
  const width = Math.floor(room / grid.columns) - GAP;
  const height = Math.round(width * DATA.shape) + CAPTION;
  grid.lines = linesOf(groups, grid.columns, height + GAP);
  const last = grid.lines.at(-1);
  $('grid').style.cssText = `--w: ${width}px; --h: ${height}px; height: ${last ? last.top + last.height : 0}px`;
  $('grid').ariaRowCount = grid.lines.length;
  $('grid').ariaColCount = grid.columns;
  $('grid').replaceChildren();
  grid.rows.clear();
  drawRows();
}

/** @param {Group[]} groups @param {number} columns @param {number} tall @returns {Line[]} */
function linesOf(groups, columns, tall) {
  const lines = [];
  let [top, from] = [0, 0];
  const add = (height, items, title = '') => {
    lines.push({ top, height, from, items, title });
    [top, from] = [top + height, from + items.length];
  };
  for (const { title, items } of groups) {
    if (title) add(HEAD, [], `${title}  ${items.length}`);
    for (let n = 0; n < items.length; n += columns) add(tall, items.slice(n, n + columns));
  }
  return lines;
}

/** Bring the document in step with where the window is. */
function drawRows() {
  const { scrollTop, clientHeight } = $('scroller');
  const wanted = new Set([lineOf(grid.n)]); // what has the focus stays
  const from = Math.max(0, grid.lines.findLastIndex((line) => line.top <= scrollTop - OVERSCAN));
  for (let n = from; grid.lines[n]?.top < scrollTop + clientHeight + OVERSCAN; n++) wanted.add(n);
  for (const [n, row] of grid.rows) {
    if (wanted.delete(n)) continue;
    row.remove();
    grid.rows.delete(n);
  }
  for (const n of wanted) if (grid.lines[n]) addRow(grid.lines[n], n);
}

/** @param {number} n of an item */
const lineOf = (n) => grid.lines.findIndex((line) => n >= line.from && n < line.from + line.items.length);

/** @param {Line} line @param {number} n */
function addRow({ top, from, items, title }, n) {
  const row = h(title ? 'div.row.head' : 'div.row', { role: 'row', 'aria-rowindex': n + 1 });
  row.style.transform = `translateY(${top}px)`;
  if (title) row.append(h('div', { role: 'rowheader', 'aria-colspan': grid.columns, dir: 'auto' }, title));
  items.forEach((item, column) => {
    const tabindex = from + column === grid.n ? 0 : -1;
    row.append(fillCell(h('div', { role: 'gridcell', 'aria-colindex': column + 1, 'data-n': from + column, tabindex }), item));
  });
  // In the order of the lines, as screen readers read it.
  const later = Math.min(...[...grid.rows.keys()].filter((each) => each > n));
  $('grid').insertBefore(row, grid.rows.get(later) ?? null);
  grid.rows.set(n, row);
}

/** @param {any} cell @param {Item} item */
function fillCell(cell, item) {
  const job = current(item);
  cell.className = 'cell';
  cell.item = item;
  cell.dataset.is = markOf(job).mark ?? '';
  cell.ariaSelected = `${state.ids.includes(job.id)}`;
  cell.replaceChildren(
    h('div.pic', {}, thumbnail(job),
      job.file?.seconds && h('span.badge', {}, clock(job.file.seconds)),
      reviewersDiffer(job) && h('span.badge.differ', { title: t('differ') }, '≠')),
    h('div.line', {}, h('bdi.id', { title: job.id }, job.id), takeOf(item, job)),
    h('div.line', {}, markBar(job, -1), h('span.fact', {}, factOf(job))));
  return cell;
}

/** The job that a cell shows. @param {Element | null | undefined} cell @returns {Job} */
const jobIn = (cell) => JOBS[/** @type {any} */ (cell?.querySelector('[data-job]'))?.dataset.job];

/** What is told beside the marks: the seed, or what the cells are sorted by. @param {Job} job */
function factOf(job) {
  const sorted = { cost: price(job.amount), time: moment(job.at[1]), duration: `${madeIn(job).toFixed(1)} s` };
  return sorted[state.sort.replace('-', '')] ?? job.seed ?? '';
}

/** @param {Item} item @param {Job} job */
function takeOf({ jobs }, job) {
  if (jobs.length < 2) return null;
  const turner = (icon, by) => iconButton(icon, t(icon), { tabindex: -1, 'data-turn': by });
  return h('span.take', {}, turner('previous', -1), `${jobs.indexOf(job) + 1}/${jobs.length}`, turner('next', 1));
}

/** Show another take in a cell, around the end too. @param {any} cell @param {number} by */
function turn(cell, by) {
  if (!cell) return;
  const { jobs } = cell.item;
  const job = jobs.at((jobs.indexOf(jobIn(cell)) + by) % jobs.length);
  jobs.forEach((each) => turned.delete(each.stack)); // a cell of axes may have several
  turned.set(job.stack, job.id);
  fillCell(cell, cell.item);
  if (cell.dataset.n) focusItem(Number(cell.dataset.n));
  else cell.focus();
}

/** @param {number} n */
const cellOf = (n) => $$(`#grid [data-n="${n}"]`)[0];

/** Move the focus, the one tab stop of the grid, and the window with it. @param {number} n */
function focusItem(n) {
  if (!grid.items.length) return;
  cellOf(grid.n)?.setAttribute('tabindex', -1);
  grid.n = clamp(n, grid.items);
  state.at = current(grid.items[grid.n]).id;
  const { top, height } = grid.lines[lineOf(grid.n)];
  const scroller = $('scroller');
  const low = top + height + GAP - scroller.clientHeight;
  if (scroller.scrollTop > top) scroller.scrollTop = grid.n < grid.columns ? 0 : top;
  else if (scroller.scrollTop < low) scroller.scrollTop = low;
  drawRows();
  cellOf(grid.n).setAttribute('tabindex', 0);
  cellOf(grid.n).focus({ preventScroll: true });
  writeHash();
}

/** The item so many lines further, in the same column. @param {number} by */
function itemBelow(by) {
  const rows = grid.lines.filter((line) => line.items.length);
  const at = rows.findIndex((line) => grid.n < line.from + line.items.length);
  const line = rows[clamp(at + by, rows)];
  return line ? line.from + clamp(grid.n - rows[at].from, line.items) : 0;
}

// @ts-check
/** Axes: a table of results by the values of up to four axes; the others are fixed by tabs. */

const MAX_CELLS = 2000;

/** @param {string} name */
const valuesOf = (name) => AXES.find((axis) => axis.name === name)?.values;

/** The values that are not hidden; one blank value where there is no axis. @param {string} name */
const shownValues = (name) => valuesOf(name)?.filter((value) => !state.hide.includes(pair(name, value))) ?? [''];

/** Columns and rows are the first two axes until somebody chooses. */
function chosenAxes() {
  const known = (name) => (valuesOf(name) ? name : '');
  const [x, sx, sy] = [known(state.x || AXES[0]?.name), known(state.sx), known(state.sy)];
  const next = AXES.find(({ name }) => ![x, sx, sy].includes(name));
  return { x, y: known(state.y || next?.name), sx, sy };
}

function drawAxes() {
  const chosen = chosenAxes();
  const names = Object.values(chosen);
  const rest = AXES.filter((axis) => !names.includes(axis.name));
  $('axis-choice').replaceChildren(...Object.entries(chosen).map(axisSelect), ...rest.map(axisTabs),
    hideMenu(AXES.filter((axis) => names.includes(axis.name))));
  const jobs = JOBS.filter((job) => rest.every(({ name, values }) => {
    const fixed = values.find((value) => state.fix.includes(pair(name, value)));
    return fixed === undefined || axisValues(job, name).includes(fixed);
  }));
  const cells = names.reduce((product, name) => product * shownValues(name).length, 1);
  const word = !AXES.length ? t('no_axes') : cells > MAX_CELLS && t('too_many_cells', { n: cells, max: MAX_CELLS });
  $('axis-table').replaceChildren(word ? h('p.empty', {}, word) : axisTable(jobs, chosen));
}

/** @param {string[]} entry x, y, sx or sy, and the axis there */
function axisSelect([key, chosen]) {
  const options = ['–', ...AXES.map((axis) => axis.name)].map((value) =>
    h('option', { value, selected: value === chosen }, value));
  return h('label', {}, t(`axis_${key}`), h('select', { 'data-bind': key }, ...options));
}

/** @param {Axis} axis */
function axisTabs({ name, values }) {
  const others = state.fix.filter((each) => !values.some((value) => each === pair(name, value)));
  const tab = (label, fix, pressed) => h('button', { 'aria-pressed': `${pressed}`, onclick: () => go({ fix }) }, label);
  return h('span.tabs', { role: 'group', 'aria-label': name }, h('b', {}, name),
    tab(t('any'), others, others.length === state.fix.length),
    ...values.map((value) => tab(value, [...others, pair(name, value)], state.fix.includes(pair(name, value)))));
}

/** @param {Axis[]} axes */
function hideMenu(axes) {
  const box = (each) => h('input', { type: 'checkbox', checked: !state.hide.includes(each), onchange: () => toggle('hide', each) });
  return h('details.menu', { open: $$('#axis-choice details')[0]?.open }, h('summary', {}, t('values')),
    h('div', {}, ...axes.map(({ name, values }) => h('fieldset', {}, h('legend', {}, name),
      ...values.map((value) => h('label', {}, box(pair(name, value)), own(value)))))));
}

/** @param {Job[]} jobs @param {Record<string, string>} chosen */
function axisTable(jobs, { x, y, sx, sy }) {
  const found = groupBy(jobs, (job) => {
    const values = [sx, x, sy, y].map((name) => (name ? axisValues(job, name)[0] : ''));
    return values.includes(undefined) ? [] : [JSON.stringify(values)];
  });
  const [xs, ys] = [shownValues(x), shownValues(y)];
  const columns = shownValues(sx).flatMap((outer) => xs.map((inner) => [outer, inner]));
  const head = (scope, text, attributes = {}) => h('th', { scope, ...attributes }, h('span', { dir: 'auto', title: text }, text));
  const corner = (text) => h('td', { colspan: sy ? 2 : 1 }, text);
  const rest = t('rest', { n: jobs.length - [...found.values()].flat().length });
  const table = h('table', { role: 'grid', 'aria-label': t('axes') },
    h('thead', {},
      sx && h('tr', {}, corner(''), ...shownValues(sx).map((outer) => head('colgroup', outer, { colspan: xs.length }))),
      h('tr', {}, corner(rest), ...columns.map(([, inner]) => head('col', inner)))),
    h('tbody', {}, ...shownValues(sy).flatMap((outer) => ys.map((inner, row) => h('tr', {},
      sy && row === 0 && head('rowgroup', outer, { rowspan: ys.length }), head('row', inner),
      ...columns.map((column) => axisCell(found.get(JSON.stringify([...column, outer, inner])))))))));
  table.querySelector('.cell')?.setAttribute('tabindex', 0);
  return table;
}

/** @param {Job[]} [jobs] */
const axisCell = (jobs) => (jobs ? fillCell(h('td', { tabindex: -1 }), { jobs }) : h('td.none'));

/** @param {number} right @param {number} down */
function stepAxes(right, down) {
  const cell = /** @type {any} */ (document.activeElement).closest('td');
  if (!cell) return;
  const rows = [...cell.closest('tbody').rows];
  const fromEnd = cell.cellIndex - cell.parentElement.cells.length + right; // heads differ in number
  const other = [...(rows[rows.indexOf(cell.parentElement) + down]?.cells ?? [])].at(fromEnd);
  if (!other?.matches('.cell')) return;
  cell.tabIndex = -1;
  other.tabIndex = 0;
  other.focus();
}

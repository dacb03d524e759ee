// @ts-check
/** Axes: a table of results by the values of up to four axes; the others are fixed by tabs. */

const MAX_CELLS = 2000;

/** The values of an axis that are not hidden; one blank value where there is no axis. @param {string} name */
function shownValues(name) {
  const values = AXES.find((axis) => axis.name === name)?.values;
  return values ? values.filter((value) => !state.hide.includes(pair(name, value))) : [''];
}

/** @param {string} name of an axis that has tabs: the value it is fixed to, or none for all */
function fixedValue(name) {
  return AXES.find((axis) => axis.name === name)?.values.find((value) => state.fix.includes(pair(name, value)));
}

/** X and Y are the first two axes until somebody chooses. */
function chosenAxes() {
  const known = (name) => AXES.some((axis) => axis.name === name);
  const [x, y, sx, sy] = [state.x || AXES[0]?.name, state.y, state.sx, state.sy];
  const second = AXES.find((axis) => axis.name !== x && axis.name !== sx && axis.name !== sy)?.name;
  return { x, y: y || second || '', sx: known(sx) ? sx : '', sy: known(sy) ? sy : '' };
}

function drawAxes() {
  const chosen = chosenAxes();
  const rest = AXES.filter((axis) => !Object.values(chosen).includes(axis.name));
  $('axis-choice').replaceChildren(
    ...Object.entries(chosen).map(([key, name]) => axisSelect(key, name)),
    ...rest.map(axisTabs), hideMenu(chosen));
  const jobs = JOBS.filter((job) => rest.every(({ name }) => {
    const value = fixedValue(name);
    return value === undefined || axisValues(job, name).includes(value);
  }));
  const cells = Object.values(chosen).reduce((product, name) => product * shownValues(name).length, 1);
  if (AXES.length && cells <= MAX_CELLS) return $('axis-table').replaceChildren(axisTable(jobs, chosen));
  const word = AXES.length ? t('too_many_cells', { n: cells, max: MAX_CELLS }) : t('no_axes');
  return $('axis-table').replaceChildren(h('p', { class: 'empty' }, word));
}

/** @param {string} key x, y, sx or sy @param {string} chosen */
function axisSelect(key, chosen) {
  const options = ['', ...AXES.map((axis) => axis.name)].map((name) =>
    h('option', { value: name, selected: name === chosen }, name || '–'));
  return h('label', {}, t(`axis_${key}`),
    h('select', { onchange: ({ target }) => go({ [key]: target.value }) }, ...options));
}

/** @param {Axis} axis */
function axisTabs({ name, values }) {
  const now = fixedValue(name);
  const others = state.fix.filter((each) => !values.some((value) => each === pair(name, value)));
  const tab = (label, fix, on) =>
    h('button', { type: 'button', 'aria-pressed': String(on), onclick: () => go({ fix }) }, label);
  return h('span', { class: 'tabs', role: 'group', 'aria-label': name }, h('b', {}, name),
    tab(t('any'), others, now === undefined),
    ...values.map((value) => tab(value, [...others, pair(name, value)], value === now)));
}

/** @param {Record<string, string>} chosen */
function hideMenu(chosen) {
  const boxes = AXES.filter(({ name }) => Object.values(chosen).includes(name)).map(({ name, values }) =>
    h('fieldset', {}, h('legend', {}, name), ...values.map((value) => h('label', {}, h('input', {
      type: 'checkbox', checked: !state.hide.includes(pair(name, value)), onchange: () => toggle('hide', pair(name, value)),
    }), value))));
  return h('details', { class: 'menu', open: $('axis-choice').querySelector('details')?.open }, h('summary', {}, t('values')), h('div', {}, ...boxes));
}

/** @param {Job[]} jobs @param {Record<string, string>} chosen */
function axisTable(jobs, { x, y, sx, sy }) {
  const names = [sx, x, sy, y];
  const found = groupBy(jobs, (job) => {
    const values = names.map((name) => (name ? axisValues(job, name)[0] : ''));
    return values.includes(/** @type {any} */ (undefined)) ? [] : [JSON.stringify(values)];
  });
  const [xs, ys] = [shownValues(x), shownValues(y)];
  const columns = shownValues(sx).flatMap((outer) => xs.map((inner) => [outer, inner]));
  const corner = h('td', { colspan: sy ? 2 : 1 }, t('rest', { n: jobs.length - [...found.values()].flat().length }));
  const head = [h('tr', {}, corner, ...columns.map(([, inner]) => h('th', { scope: 'col', dir: 'auto' }, inner)))];
  if (sx) head.unshift(h('tr', {}, h('td', { colspan: sy ? 2 : 1 }), ...shownValues(sx).map((outer) => h('th', { scope: 'colgroup', colspan: xs.length, dir: 'auto' }, outer))));
  const body = shownValues(sy).flatMap((outer) => ys.map((inner, row) => h('tr', {},
    sy && row === 0 && h('th', { scope: 'rowgroup', rowspan: ys.length, dir: 'auto' }, outer),
    h('th', { scope: 'row', dir: 'auto' }, inner),
    ...columns.map(([ox, ix]) => axisCell(found.get(JSON.stringify([ox, ix, outer, inner])))))));
  const table = h('table', { role: 'grid', 'aria-label': t('axes') }, h('thead', {}, ...head), h('tbody', {}, ...body));
  const first = table.querySelector('[data-stack]');
  if (first) first.tabIndex = 0;
  return table;
}

/** @param {Job[]} [jobs] */
function axisCell(jobs) {
  if (!jobs) return h('td', { class: 'none' });
  return fillCell(h('td', { 'data-stack': jobs[0].index, tabindex: -1 }), { jobs });
}

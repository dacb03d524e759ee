// @ts-check
/** State: the one object that decides what the page shows, and its form in the address. */

/** @typedef {typeof START} State */

const VIEWS = ['all', 'axes', 'compare', 'failures', 'run', 'costs', 'print'];
const MODES = ['side', 'swipe', 'flicker', 'difference'];

const START = {
  view: 'all',
  q: '', sort: 'order', group: '', size: 220, stack: true, advance: true,
  at: '', // the job in focus
  one: '', // the job in the dialog
  x: '', y: '', sx: '', sy: '', // axes
  fix: [], // pairs of an axis and a value, see pair()
  hide: [],
  ids: [], // selected for Compare
  mode: 'side',
};

const state = { ...START };

/** @param {string} axis @param {string} value */
const pair = (axis, value) => `${encodeURIComponent(axis)}=${value}`;

/** `#all?q=tag:hero`. What is as at the start is left out. @param {State} view */
function toHash(view) {
  const values = new URLSearchParams();
  for (const [key, value] of Object.entries(view)) {
    if (Array.isArray(value)) value.forEach((each) => values.append(key, each));
    else if (key !== 'view' && value !== START[key]) values.set(key, `${value}`);
  }
  const text = values.toString().replaceAll('%3A', ':');
  return `#${view.view}${text && '?'}${text}`;
}

/** What an address asks for; anything it does not know is as at the start. @param {string} hash
 * @returns {State} */
function fromHash(hash) {
  const [view, ...rest] = hash.slice(1).split('?');
  const values = new URLSearchParams(rest.join('?'));
  const result = { ...START, view: VIEWS.includes(view) ? view : START.view };
  for (const [key, start] of Object.entries(START)) {
    const text = values.get(key);
    if (text === null || key === 'view') continue;
    if (Array.isArray(start)) result[key] = values.getAll(key);
    else result[key] = typeof start === 'boolean' ? text === 'true' : text;
  }
  result.size = Math.min(480, Math.max(100, Number(result.size) || START.size));
  return result;
}

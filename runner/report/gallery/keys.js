// @ts-check
/** Keys: the keyboard, the pointer and the controls, each in one table; then the page begins. */

/** @param {Partial<Mark>} change */
const marking = (change) => () => {
  const jobs = targets();
  mark(jobs, () => change, state.advance && jobs.length === 1);
};

/** Only where the grid is in front. @param {() => number} n */
const inGrid = (n) => () => state.view === 'all' && !state.one && focusItem(n());

/** Pick this take and reject the others of its entry. */
function pickOnly() {
  const job = focusedJob();
  if (!job) return;
  const others = (STACKS.get(job.stack) ?? []).filter((each) => each !== job);
  mark([job, ...others], (_, each) => ({ mark: each === job ? 'picked' : 'rejected' }), state.advance);
}

/** @param {Job} [job] */
function select(job = focusedJob()) {
  if (!job) return;
  toggle('ids', job.id);
  const on = state.ids.includes(job.id);
  for (const bar of $$(`.cell [data-job="${job.index}"]`)) bar.closest('.cell').setAttribute('aria-selected', on);
  announce(t(on ? 'selected' : 'unselected', { id: job.id, n: state.ids.length }));
}

/** Play or stop, flicker, or zoom, by what is in front. @returns {void} */
function space() {
  const file = state.view === 'compare' ? null : playable(focusedJob() ?? JOBS[0]);
  if (state.one && player.isConnected) return player.paused ? start(player) : player.pause();
  if (state.one && file) return $('play').click();
  if (state.one) return toggleZoom();
  if (state.view === 'compare' && state.mode === 'flicker') return focusPane(pane + 1);
  if (state.view === 'compare') return $('film-bar').hidden ? toggleZoom() : playFilms();
  const picture = document.activeElement?.querySelector('.pic');
  if (!file || !picture) return enter();
  return picture.contains(player) ? stopPlayer() : play(picture, file, false);
}

function enter() {
  const job = focusedJob();
  if (state.one) space();
  else if (job) openOne(job);
}

function undo() {
  const jobs = undoMarks();
  showMarks(jobs);
  announce(jobs.length ? t('undone', { n: jobs.length }) : t('nothing_to_undo'));
}

function search() {
  go({ view: 'all', one: '' }, state.view !== 'all');
  $('q').select();
}

/** @type {Record<string, () => unknown>} */
const KEYS = {
  p: marking({ mark: 'picked' }),
  x: marking({ mark: 'rejected' }),
  u: marking({ mark: null }),
  P: pickOnly,
  s: () => select(),
  g: () => go({ view: 'all', one: '' }, true),
  a: () => go({ view: 'axes', one: '' }, true),
  c: () => go({ view: 'compare', one: '' }, true),
  d: () => go({ mode: MODES[(MODES.indexOf(state.mode) + 1) % MODES.length] }),
  n: () => state.one && $('note').focus(),
  z: toggleZoom,
  '+': () => zoomTo(lens.zoom * 1.5),
  '-': () => zoomTo(lens.zoom / 1.5),
  '/': search,
  '?': () => $('help').showModal(),
  ',': () => turnTakes(-1),
  '.': () => turnTakes(1),
  ' ': space,
  Enter: enter,
  Escape: () => (state.one ? go({ one: '' }) : stopPlayer()),
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => stepDown(-1),
  ArrowDown: () => stepDown(1),
  Home: inGrid(() => 0),
  End: inGrid(() => grid.items.length),
  PageUp: inGrid(() => itemBelow(-3)),
  PageDown: inGrid(() => itemBelow(3)),
};
for (const stars of [0, 1, 2, 3, 4, 5]) KEYS[stars] = marking({ stars });
const CONTROL = { z: undo, s: saveMarks };

/** What buttons of the page do, by their data-do. */
const ACTIONS = {
  save: saveMarks,
  help: KEYS['?'],
  clear: () => { go({ q: '' }); $('q').focus(); },
  reverse: () => go({ sort: state.sort.startsWith('-') ? state.sort.slice(1) : `-${state.sort}` }),
  close: () => go({ one: '' }),
  previous: KEYS.ArrowLeft,
  next: KEYS.ArrowRight,
  films: playFilms,
  print: () => window.print(),
};

/** Keys work outside of what one types in; space and Enter belong to a control in focus. @param {any} event */
function onKey(event) {
  const { key, target } = event;
  if (key === 'Enter' && target.id === 'q') return focusItem(grid.n);
  const typing = target.closest('input:not([type="range"], [type="checkbox"]), textarea, select');
  const pressing = /^(Enter| )$/.test(key) ? target.closest('button, a, summary, video, input') : key.startsWith('Arrow') && target.closest('input');
  const command = event.ctrlKey || event.metaKey;
  const action = command ? CONTROL[key] : KEYS[key];
  if (!action || event.altKey || (typing && !(command && key === 's'))) return;
  if (!command && (pressing || $('help').open)) return;
  event.preventDefault();
  action();
}

/** @param {any} event */
function onClick({ target, ctrlKey, metaKey }) {
  const cell = target.closest('.cell');
  const { dataset = {} } = target.closest('button') ?? {};
  if (dataset.mark) pressMark(target.closest('button'));
  else if (dataset.turn) turn(Number(cell.dataset.n), Number(dataset.turn));
  else if (dataset.token) toggleToken(dataset.token);
  else if (dataset.mode) go({ mode: dataset.mode });
  else if (dataset.flip) go({ [dataset.flip]: !state[dataset.flip] });
  else if (dataset.do) ACTIONS[dataset.do]();
  else if (cell) clickCell(cell, target, ctrlKey || metaKey);
}

/** @param {any} cell @param {any} target @param {boolean} selecting */
function clickCell(cell, target, selecting) {
  if (cell.dataset.n) focusItem(Number(cell.dataset.n));
  else cell.focus();
  const touch = matchMedia('(pointer: coarse)').matches;
  if (selecting) select(jobIn(cell));
  else if (touch && target.closest('.pic')) openOne(jobIn(cell));
}

/** A pressed mark is taken off again. @param {any} pressed */
function pressMark(pressed) {
  const { mark: value } = pressed.dataset;
  const job = JOBS[pressed.parentElement.dataset.job];
  mark([job], (now) => (Number(value) ? { stars: now.stars === Number(value) ? 0 : Number(value) } : { mark: now.mark === value ? null : value }));
}

/** A chip puts its token into the search, or takes it out. @param {string} token */
function toggleToken(token) {
  const words = state.q.split(' ').filter(Boolean);
  go({ q: (words.includes(token) ? words.filter((each) => each !== token) : [...words, token]).join(' ') });
}

/** A control sets the part of the state that it is bound to. @param {any} event */
function onInput({ target: { id, value, dataset } }) {
  if (dataset.bind) go({ [dataset.bind]: typeof START[dataset.bind] === 'number' ? Number(value) : value });
  if (id === 'cut') $('compare-stage').style.setProperty('--cut', `${value}%`);
  if (id === 'film-time') seekFilms(value / 1000);
  if (id === 'note') mark([BY_ID.get(dataset.id)], () => ({ note: value }));
}

/** Another window of this browser has marked something. @param {StorageEvent} event */
function onStorage({ key }) {
  if (key !== STORE) return;
  loadMarks();
  showMarks(JOBS);
}

function onOneClosed() {
  if (state.one) go({ one: '' });
  if (state.view === 'all') focusItem(placeOf(BY_ID.get(state.at), walked()));
}

document.documentElement.classList.add('js');
translatePage();
for (const { name } of AXES) if (!FIELDS[name]) $('group').append(h('option', { value: name }, name));
loadMarks();
countMarks();
document.addEventListener('keydown', onKey);
document.addEventListener('click', onClick);
document.addEventListener('input', onInput);
$('main').addEventListener('dblclick', ({ target }) => target.closest('.cell .pic') && enter());
$('main').addEventListener('pointerover', onHover);
$('scroller').addEventListener('scroll', drawRows, { passive: true });
$('one').addEventListener('close', onOneClosed);
new ResizeObserver(() => state.view === 'all' && listGrid()).observe($('scroller'));
[$('one-stage'), $('compare-stage')].forEach(watchLens);
addEventListener('popstate', readHash);
addEventListener('storage', onStorage);
readHash();
if (state.view === 'all' && !state.one) focusItem(grid.n);

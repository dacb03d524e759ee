// @ts-check
/** Keys: the keyboard, the pointer and the controls, each in one table; then the page begins. */

const advancing = (change) => () => mark(targets(), change, state.advance);

/** Pick this take and reject the others of its entry. */
function pickOnly() {
  const [job] = targets();
  const others = (STACKS.get(job?.stack) ?? []).filter((each) => each !== job);
  if (job) mark([job, ...others], (_, each) => ({ mark: each === job ? 'picked' : 'rejected' }));
  if (job && state.advance) step(1);
}

/** To the next or the one before, in whatever is in front. */
function step(by) {
  if (state.one) walk(by);
  else if (state.view === 'compare') focusPane(pane + by);
  else if (state.view === 'axes') stepAxes(by, 0);
  else focusItem(grid.n + by);
}

function stepDown(by) {
  if (state.one) walkTakes(by);
  else if (state.view === 'axes') stepAxes(0, by);
  else if (state.view === 'all') focusItem(itemBelow(by));
}

function stepAxes(right, down) {
  const cell = document.activeElement.closest('td');
  const row = cell?.parentElement;
  if (!cell) return;
  const rows = [...row.parentElement.rows];
  const column = cell.cellIndex - row.cells.length + right; // from the end: the heads differ
  const next = rows[rows.indexOf(row) + down]?.cells;
  const other = next?.[next.length + column];
  if (other?.dataset.stack === undefined) return;
  cell.tabIndex = -1;
  other.tabIndex = 0;
  other.focus();
}

/** Through the takes of the cell in focus. */
function turnFocused(by) {
  if (state.one) return walkTakes(by);
  const item = grid.items[grid.n];
  if (state.view !== 'all' || !item) return;
  state.at = turn(item, by).id;
  focusItem(grid.n);
}

function toggleSelected() {
  const [job] = state.one ? [BY_ID.get(state.one)] : [focusedJob()];
  if (job) select(job);
}

function select(job) {
  const on = !state.ids.includes(job.id);
  toggle('ids', job.id);
  for (const bar of $$(`.cell [data-job="${job.index}"]`)) bar.closest('.cell').setAttribute('aria-selected', on);
  announce(t(on ? 'selected' : 'unselected', { id: job.id, n: state.ids.length }));
}

/** Enter on what is in focus: a film plays in its cell, then everything opens large. */
function enter() {
  const job = focusedJob();
  if (state.one) return space();
  if (job) openOne(job);
}

/** Space: play or stop, flicker, or zoom, by what is in front. */
function space() {
  if (state.one && player.isConnected) return player.paused ? start(player) : player.pause();
  if (state.one && $('one-stage').querySelector('.play')) return $('one-stage').querySelector('.play').click();
  if (state.one) return toggleZoom();
  if (state.view === 'compare' && state.mode === 'flicker') return focusPane(pane + 1);
  if (state.view === 'compare' && !$('film-bar').hidden) return $('film-play').click();
  if (state.view === 'compare') return toggleZoom();
  const file = focusedJob() && playable(focusedJob());
  if (file && player.isConnected) return stopPlayer();
  if (file) return play(document.activeElement.querySelector('.pic'), file, false);
  return enter();
}

function undo() {
  const jobs = undoMarks();
  showMarks(jobs);
  announce(jobs.length ? t('undone', { n: jobs.length }) : t('nothing_to_undo'));
}

const KEYS = {
  p: advancing(() => ({ mark: 'picked' })),
  x: advancing(() => ({ mark: 'rejected' })),
  u: advancing(() => ({ mark: null })),
  P: pickOnly,
  s: toggleSelected,
  g: () => go({ view: 'all', one: '' }, true),
  a: () => go({ view: 'axes', one: '' }, true),
  c: () => go({ view: 'compare', one: '' }, true),
  d: () => go({ mode: MODES[(MODES.indexOf(state.mode) + 1) % MODES.length] }),
  n: () => state.one && $('note').focus(),
  z: toggleZoom,
  '+': () => zoomTo(lens.zoom * 1.5),
  '-': () => zoomTo(lens.zoom / 1.5),
  '/': () => { go({ view: state.view === 'axes' ? 'axes' : 'all', one: '' }); $('q').select(); },
  '?': () => $('help').showModal(),
  ',': () => turnFocused(-1),
  '.': () => turnFocused(1),
  ' ': space,
  Enter: enter,
  ArrowLeft: () => step(-1),
  ArrowRight: () => step(1),
  ArrowUp: () => stepDown(-1),
  ArrowDown: () => stepDown(1),
  Home: () => state.view === 'all' && !state.one && focusItem(0),
  End: () => state.view === 'all' && !state.one && focusItem(grid.items.length - 1),
  PageUp: () => state.view === 'all' && !state.one && focusItem(itemBelow(-3)),
  PageDown: () => state.view === 'all' && !state.one && focusItem(itemBelow(3)),
};
for (const stars of [0, 1, 2, 3, 4, 5]) KEYS[stars] = advancing(() => ({ stars }));
const CONTROL = { z: undo, s: saveMarks };

function onKey(event) {
  const typing = event.target.closest('input:not([type=range]), textarea, select');
  const command = event.ctrlKey || event.metaKey;
  const action = command ? !(typing && event.key === 'z') && CONTROL[event.key] : KEYS[event.key];
  if (event.altKey || event.defaultPrevented) return;
  if (!command && (typing || $('help').open)) return;
  if (!action || (!command && pressesControl(event))) return;
  event.preventDefault();
  action();
}

/** Space, Enter and arrows belong to the control in focus. */
function pressesControl({ key, target }) {
  if (key === ' ' || key === 'Enter') return target.closest('button, a, summary, video');
  return key.startsWith('Arrow') && target.closest('input');
}

/** Where nothing is marked yet the keys still need something in focus. */
function focusStart() {
  if (state.view === 'all' && document.activeElement === document.body) focusItem(grid.n);
}

function onClick(event) {
  const button = event.target.closest('button');
  const cell = event.target.closest('.cell');
  if (button?.dataset.mark) return pressMark(button);
  if (button?.dataset.turn) return turn(grid.items[cell.dataset.n], Number(button.dataset.turn));
  if (button?.dataset.token) return toggleToken(button.dataset.token);
  if (button?.dataset.mode) return go({ mode: button.dataset.mode });
  if (!cell) return undefined;
  if (cell.dataset.n) focusItem(Number(cell.dataset.n));
  const job = JOBS[cell.querySelector('[data-job]').dataset.job];
  if (event.ctrlKey || event.metaKey) return select(job);
  if (event.target.closest('.pic') && matchMedia('(pointer: coarse)').matches) openOne(job);
  return undefined;
}

/** A pressed mark is taken off again. */
function pressMark(button) {
  const { mark: value } = button.dataset;
  const job = JOBS[button.parentElement.dataset.job];
  mark([job], (now) => (value in { picked: 1, rejected: 1 }
    ? { mark: now.mark === value ? null : value }
    : { stars: now.stars === Number(value) ? 0 : Number(value) }));
}

/** A chip puts its token into the search, or takes it out. */
function toggleToken(token) {
  const words = state.q.split(' ').filter(Boolean);
  go({ q: (words.includes(token) ? words.filter((each) => each !== token) : [...words, token]).join(' ') });
  $('q').value = state.q;
}

const CONTROLS = {
  q: ['input', (value) => go({ q: value })],
  sort: ['change', (value) => go({ sort: value })],
  group: ['change', (value) => go({ group: value })],
  size: ['input', (value) => go({ size: Number(value) })],
  descending: ['click', () => go({ sort: state.sort.startsWith('-') ? state.sort.slice(1) : `-${state.sort}` })],
  stack: ['click', () => go({ stack: !state.stack })],
  advance: ['click', () => go({ advance: !state.advance })],
  clear: ['click', () => { go({ q: '' }); $('q').focus(); }],
  save: ['click', saveMarks],
  'help-open': ['click', () => $('help').showModal()],
  'one-close': ['click', () => go({ one: '' })],
  'one-previous': ['click', () => walk(-1)],
  'one-next': ['click', () => walk(1)],
  cut: ['input', (value) => $('compare-stage').style.setProperty('--cut', `${value}%`)],
  'print-now': ['click', () => window.print()],
  note: ['change', (value) => mark([BY_ID.get($('note').dataset.id)], () => ({ note: value }))],
};

function begin() {
  document.documentElement.classList.add('js');
  translatePage();
  for (const axis of AXES) $('group').append(h('option', { value: axis.name }, axis.name));
  for (const [id, [kind, act]] of Object.entries(CONTROLS)) {
    $(id).addEventListener(kind, () => act($(id).value));
  }
  loadMarks();
  countMarks();
  document.addEventListener('keydown', onKey);
  document.addEventListener('click', onClick);
  document.addEventListener('dblclick', (event) => { if (event.target.closest('.cell .pic')) enter(); });
  $('main').addEventListener('pointerover', onHover);
  $('scroller').addEventListener('scroll', drawRows, { passive: true });
  new ResizeObserver(() => { if (state.view === 'all') listGrid(); }).observe($('scroller'));
  $('one').addEventListener('close', () => {
    if (state.one) go({ one: '' });
    if (state.view === 'all') focusItem(grid.n);
  });
  [$('one-stage'), $('compare-stage')].forEach(watchLens);
  addEventListener('popstate', readHash);
  addEventListener('hashchange', readHash);
  addEventListener('storage', ({ key }) => { if (key === STORE) { loadMarks(); JOBS.forEach(refreshMarks); countMarks(); } });
  readHash();
  focusStart();
}

begin();

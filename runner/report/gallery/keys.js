// @ts-check
/** Keys: the keyboard, the pointer and the controls, each in one table; then the page begins. */

/** Several are marked only where they are visibly selected. @param {Partial<Mark>} change */
const marking = (change) => () => {
  const jobs = targets();
  mark(jobs, () => change, state.advance && jobs.length === 1);
};

/** Only where the grid is in front. @param {() => number} n */
const inGrid = (n) => () => state.view === 'all' && !state.one && focusItem(n());

/** @param {string} view */
const viewing = (view) => () => go({ view, one: '' }, state.view !== view);

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
  $$(`.cell:has([data-job="${job.index}"])`).forEach((cell) => { cell.ariaSelected = `${on}`; });
  tell(on ? 'selected' : 'unselected', { id: job.id, n: state.ids.length });
}

/** Play or stop, flicker, or zoom, by what is in front. @returns {void} */
function space() {
  const file = state.view === 'compare' ? null : playable(focusedJob());
  if (state.one && player.isConnected) return player.paused ? start(player) : player.pause();
  if (state.one && file) return $('play').click();
  if (state.one) return toggleZoom();
  if (state.view === 'compare' && state.mode === 'flicker') return focusPane(pane + 1);
  if (state.view === 'compare') return $('film-bar').hidden ? toggleZoom() : playFilms();
  const picture = document.activeElement?.querySelector('.pic');
  if (!file || !picture) return enter();
  return picture.contains(player) ? stopPlayer() : play(picture, file, false);
}

const enter = (job = focusedJob()) => (state.one ? space() : job && openOne(job));

/** @type {Record<string, () => unknown>} */
const KEYS = {
  p: marking({ mark: 'picked' }), x: marking({ mark: 'rejected' }), u: marking({ mark: null }),
  P: pickOnly,
  s: () => select(),
  g: viewing('all'), a: viewing('axes'), c: viewing('compare'),
  d: () => go({ mode: MODES[(MODES.indexOf(state.mode) + 1) % MODES.length] }),
  n: () => state.one && $('note').focus(),
  z: toggleZoom,
  '+': () => zoomTo(lens.zoom * 1.5), '-': () => zoomTo(lens.zoom / 1.5),
  '/': () => { KEYS.g(); $('q').select(); },
  '?': () => $('help').showModal(),
  ',': () => stepTakes(-1), '.': () => stepTakes(1),
  ' ': space,
  Enter: () => enter(),
  Escape: () => (state.one ? go({ one: '' }) : stopPlayer()),
  ArrowLeft: () => step(-1), ArrowRight: () => step(1),
  ArrowUp: () => stepDown(-1), ArrowDown: () => stepDown(1),
  Home: inGrid(() => 0), End: inGrid(() => Infinity),
  PageUp: inGrid(() => itemBelow(-3)), PageDown: inGrid(() => itemBelow(3)),
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
  previous: () => walk(-1), next: () => walk(1),
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
  else if (dataset.turn) turn(cell, Number(dataset.turn));
  else if (dataset.token) toggleToken(dataset.token);
  else if (dataset.mode) go({ mode: dataset.mode });
  else if (dataset.flip) go({ [dataset.flip]: !state[dataset.flip] });
  else if (dataset.do) ACTIONS[dataset.do]();
  else if (cell) {
    if (cell.dataset.n) focusItem(Number(cell.dataset.n));
    if (ctrlKey || metaKey) select(jobIn(cell));
    else if (matchMedia('(pointer: coarse)').matches && target.closest('.pic')) openOne(jobIn(cell));
  }
}

/** A pressed mark is taken off again. @param {any} pressed */
function pressMark(pressed) {
  const { mark: value } = pressed.dataset;
  const stars = Number(value);
  mark([JOBS[pressed.parentElement.dataset.job]], (now) =>
    (stars ? { stars: now.stars === stars ? 0 : stars } : { mark: now.mark === value ? null : value }));
}

/** A chip puts its token into the search, or takes it out. @param {string} token */
const toggleToken = (token) => go({ q: toggled(state.q.split(' ').filter(Boolean), token).join(' ') });

/** A control sets the part of the state that it is bound to. @param {any} event */
function onInput({ target: { id, value, dataset } }) {
  if (dataset.bind) go({ [dataset.bind]: dataset.bind === 'size' ? Number(value) : value });
  if (id === 'cut') $('compare-stage').style.setProperty('--cut', `${value}%`);
  if (id === 'film-time') seekFilms(value / 1000);
  if (id === 'note') keepNote(dataset.id, value);
}

ROOT.classList.add('js');
translatePage();
for (const { name } of AXES) if (!FIELDS[name]) $('group').append(h('option', { value: name }, name));
loadMarks();
countMarks();
document.onkeydown = onKey;
document.onclick = onClick;
document.oninput = onInput;
$('main').ondblclick = ({ target }) => target.closest('.cell .pic') && enter();
$('main').onpointerover = onHover;
$('scroller').onscroll = drawRows;
$('one').onclose = () => {
  if (state.one) go({ one: '' });
  if (state.view === 'all') focusItem(placeOf(BY_ID.get(state.at), walked()));
};
new ResizeObserver(() => state.view === 'all' && listGrid()).observe($('scroller'));
[$('one-stage'), $('compare-stage')].forEach(watchLens);
window.onpopstate = readHash;
// Another window of this browser has marked something.
window.onstorage = ({ key }) => key === STORE && (loadMarks(), showMarks(JOBS));
readHash();
if (state.view === 'all' && !state.one) focusItem(grid.n);

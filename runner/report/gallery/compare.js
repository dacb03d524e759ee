// @ts-check
/** Compare: two to six results side by side, over each other, or as their difference. */

/** The jobs to compare: those selected, else the picked ones, else the takes of the one in focus. */
function compared() {
  const chosen = state.ids.map((id) => BY_ID.get(id));
  const picked = JOBS.filter((job) => markOf(job).mark === 'picked');
  const takes = STACKS.get(BY_ID.get(state.at)?.stack ?? '') ?? [];
  return [chosen, picked, takes].find((jobs) => jobs.length > 1)?.slice(0, 6) ?? chosen;
}

let pane = 0;

function drawCompare() {
  const jobs = compared();
  pane = clamp(pane, jobs);
  $('compare-empty').hidden = jobs.length > 1;
  $('compare-body').hidden = jobs.length < 2;
  $('cut').hidden = state.mode !== 'swipe';
  $$('[data-mode]').forEach((each) => { each.ariaPressed = `${each.dataset.mode === state.mode}`; });
  const films = jobs.map(playable).filter((file) => file?.kind === 'video');
  const inStep = films.length > 1 && films.length === jobs.length;
  $('compare-stage').className = `stage ${state.mode} n${jobs.length}`;
  $('compare-stage').replaceChildren(...jobs.map((job) => h('div.pane', {}, inStep ? filmOf(job) : largest(job))));
  $('pane-list').replaceChildren(...jobs.map(paneHead));
  $('pane-list').className = `pane-list n${jobs.length}`;
  $('facts-table').replaceChildren(...differences(jobs));
  $('film-bar').hidden = !inStep;
  moveLens(1, 0, 0);
  focusPane(pane, false);
}

/** @param {Job} job */
function filmOf({ file }) {
  const film = h('video', { src: file.src, poster: file.thumb, preload: 'none', playsinline: true, title: file.name, ontimeupdate: followLead, onended: followLead });
  film.muted = true;
  return film;
}

/** @param {Job} job @param {number} n */
function paneHead(job, n) {
  const others = () => compared().map((each) => each.id).filter((id) => id !== job.id);
  return h('div.pane-head', {},
    h('button', { onclick: () => focusPane(n) }, h('kbd', {}, 'ABCDEF'[n]), own(job.id)),
    h('span.fact', {}, job.seed ?? ''), markBar(job),
    iconButton('close', t('remove', { id: job.id }), { onclick: () => go({ ids: others() }) }));
}

/** Laid over each other, the first one and the one in focus are shown. @param {number} n */
function focusPane(n, move = true) {
  const heads = [...$('pane-list').children];
  if (!heads.length) return;
  pane = (n + heads.length) % heads.length;
  const over = state.mode === 'flicker' ? [pane] : [0, pane || 1];
  heads.forEach((head, at) => {
    head.classList.toggle('on', at === pane);
    const { classList } = $('compare-stage').children[at];
    classList.toggle('under', state.mode !== 'side' && !over.includes(at));
    classList.toggle('top', at === over.at(-1));
  });
  if (move) heads[pane].firstChild.focus();
}

/** The films of the view; the longest one leads. @returns {HTMLVideoElement[]} */
const filmsInStep = () => $$('.pane video').sort((a, b) => (b.duration || 0) - (a.duration || 0));

/** The others go to the time of the lead, and all begin again with it. */
function followLead() {
  const [lead, ...others] = filmsInStep();
  if (lead?.ended) seekFilms(0);
  for (const film of others) {
    const time = Math.min(lead.currentTime, film.duration || 0);
    if (Math.abs(film.currentTime - time) > 0.1) film.currentTime = time;
  }
  $('film-time').value = (1000 * lead?.currentTime) / (lead?.duration || 1);
}

/** @param {number} part of the longest film */
function seekFilms(part) {
  const films = filmsInStep();
  for (const film of films) {
    film.currentTime = part * (films[0].duration || 0);
    if (part === 0) start(film);
  }
}

function playFilms() {
  const films = filmsInStep();
  films.forEach(films[0].paused ? start : (film) => film.pause());
}

/** Rows of what was asked for; what differs is bold and comes first. @param {Job[]} jobs */
function differences(jobs) {
  if (!jobs.length) return [];
  const all = jobs.map((job) => ({ model: job.model, ...job.params, seed: job.seed, cost: price(job.amount), size: pixels(job.file) }));
  const rows = [...new Set(all.flatMap(Object.keys))].map((key) => {
    const texts = all.map((each) => plain(each[key] ?? '–'));
    return { key, texts, differs: new Set(texts).size > 1 };
  });
  const line = (key, differs, cells) => h(differs ? 'tr.differs' : 'tr', {}, h('th', { scope: 'row' }, t(key)), ...cells);
  return [
    h('tr', {}, h('td'), ...jobs.map((job) => h('th', { scope: 'col' }, own(job.id)))),
    line('prompt', false, jobs.map((job) => h('td', { dir: 'auto' }, ...wordDiff(jobs[0].prompt, job.prompt)))),
    ...rows.sort((a, b) => Number(b.differs) - Number(a.differs)).map(({ key, texts, differs }) =>
      line(key, differs, texts.map((text) => h('td', { dir: 'auto' }, text)))),
  ];
}

const WORD = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}_])+|\s+|[^\p{L}\p{N}_\s]/gu;

/** The second text; what is new in it is <ins>, what is missing <del>. @param {string} before @param {string} after */
function wordDiff(before, after) {
  const [a, b] = [before.match(WORD) ?? [], after.match(WORD) ?? []];
  if (a.length * b.length > 1e6) return [before === after ? after : h('ins', {}, after)]; // not worth seconds
  // common[i][j]: the length of the longest common rest from there on.
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const result = [];
  for (let [i, j] = [0, 0]; i < a.length || j < b.length;) {
    const same = a[i] === b[j];
    const kind = same ? 'span' : j === b.length || common[i + 1]?.[j] >= common[i][j + 1] ? 'del' : 'ins';
    if (result.at(-1)?.localName !== kind) result.push(h(kind));
    result.at(-1).textContent += kind === 'del' ? a[i] : b[j];
    if (kind !== 'ins') i++;
    if (kind !== 'del') j++;
  }
  return result;
}

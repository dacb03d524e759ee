// @ts-check
/** Compare: two to six results side by side, over each other, or as their difference. */

/** The jobs to compare: those selected, else the picked ones, else the takes of the one in focus. */
function compared() {
  const chosen = state.ids.flatMap((id) => BY_ID.get(id) ?? []);
  const picked = JOBS.filter((job) => markOf(job).mark === 'picked');
  const stack = STACKS.get(BY_ID.get(state.at)?.stack ?? '') ?? [];
  return [chosen, picked, stack].find((jobs) => jobs.length > 1)?.slice(0, 6) ?? chosen;
}

let pane = 0;

function drawCompare() {
  const jobs = compared();
  const side = state.mode === 'side';
  pane = Math.min(pane, Math.max(0, jobs.length - 1));
  $('compare-empty').hidden = jobs.length > 1;
  $('compare-body').hidden = jobs.length < 2;
  for (const button of document.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-pressed', String(button.getAttribute('data-mode') === state.mode));
  }
  $('cut').hidden = state.mode !== 'swipe';
  const stage = $('compare-stage');
  stage.className = `stage ${state.mode} n${jobs.length}`;
  stage.replaceChildren(...jobs.map(paneOf));
  $('pane-list').replaceChildren(...jobs.map(paneHead));
  $('pane-list').className = `pane-list ${side ? `n${jobs.length}` : ''}`;
  moveLens(1, 0, 0);
  focusPane(pane, false);
  playInStep([...stage.querySelectorAll('video')]);
  $('facts-table').replaceChildren(...differences(jobs));
}

/** @param {Job} job @param {number} n */
function paneOf(job, n) {
  const { file } = job;
  const film = file?.kind === 'video' && playable(job);
  const medium = film
    ? h('video', { src: film.src, poster: film.thumb, preload: 'none', playsinline: true, 'data-name': film.name, 'aria-label': job.id })
    : largest(job);
  return h('div', { class: 'pane', 'data-n': n, 'data-is': markOf(job).mark }, medium);
}

/** @param {Job} job @param {number} n */
function paneHead(job, n) {
  return h('div', { class: 'pane-head', 'data-n': n },
    h('button', { type: 'button', onclick: () => focusPane(n), 'data-pane': n }, h('kbd', {}, String.fromCharCode(65 + n)), h('bdi', {}, job.id)),
    h('span', { class: 'fact' }, job.seed === null ? '' : String(job.seed)), markBar(job, true),
    iconButton('close', t('remove', { id: job.id }), { onclick: () => go({ ids: compared().map((each) => each.id).filter((id) => id !== job.id) }) }));
}

/** Laid over each other, the first one and the one in focus are shown. @param {number} n */
function focusPane(n, move = true) {
  const count = $('pane-list').children.length;
  pane = count ? (n + count) % count : 0;
  const over = state.mode === 'flicker' ? [pane] : [0, pane || 1];
  for (const each of document.querySelectorAll('[data-n].pane, .pane-head')) {
    const own = Number(each.getAttribute('data-n'));
    each.classList.toggle('on', own === pane);
    each.classList.toggle('under', state.mode !== 'side' && !over.includes(own));
    each.classList.toggle('top', own === over.at(-1));
  }
  if (move) /** @type {any} */ (document.querySelector(`[data-pane="${pane}"]`))?.focus();
}

/** The longest film leads; the others follow its time. @param {HTMLVideoElement[]} films */
function playInStep(films) {
  $('film-bar').hidden = !films.length;
  if (!films.length) return;
  const seconds = (film) => film.duration || 0;
  const lead = () => films.reduce((a, b) => (seconds(b) > seconds(a) ? b : a));
  films.forEach((film) => { film.muted = true; });
  $('film-play').onclick = () => {
    const paused = films[0].paused;
    films.forEach((film) => (paused ? start(film) : film.pause()));
    $('film-play').setAttribute('aria-pressed', String(paused));
  };
  $('film-time').value = 0;
  $('film-time').oninput = () => films.forEach((film) => { film.currentTime = Math.min($('film-time').value / 1000, 1) * seconds(lead()); });
  const follow = () => {
    const leader = lead();
    $('film-time').value = (1000 * leader.currentTime) / (seconds(leader) || 1);
    for (const film of films) {
      const time = Math.min(leader.currentTime, seconds(film));
      if (Math.abs(film.currentTime - time) > 0.1) film.currentTime = time;
    }
  };
  const again = () => { if (lead().ended) films.forEach((film) => { film.currentTime = 0; start(film); }); };
  films.forEach((film) => { film.addEventListener('timeupdate', follow); film.addEventListener('ended', again); });
}

/** Rows of what was asked for; what differs is bold and comes first. @param {Job[]} jobs */
function differences(jobs) {
  const facts = jobs.map((job) => ({ model: job.model, ...job.params, seed: job.seed, cost: price(job.cost ?? job.estimate), size: pixels(job.file) }));
  const keys = [...new Set(facts.flatMap(Object.keys))];
  const rows = keys.map((key) => {
    const texts = facts.map((each) => (each[key] == null ? '–' : plain(each[key])));
    const differs = new Set(texts).size > 1;
    return { differs, row: h('tr', { class: differs ? 'differs' : '' }, h('th', { scope: 'row' }, t(key)), ...texts.map((text) => h('td', { dir: 'auto' }, text))) };
  });
  const prompts = jobs.map((job) => h('td', { dir: 'auto' }, ...wordDiff(jobs[0].prompt, job.prompt)));
  return [
    h('tr', {}, h('td'), ...jobs.map((job) => h('th', { scope: 'col' }, h('bdi', {}, job.id)))),
    h('tr', { class: jobs.some((job) => job.prompt !== jobs[0].prompt) ? 'differs prompt' : 'prompt' }, h('th', { scope: 'row' }, t('prompt')), ...prompts),
    ...rows.filter((each) => each.differs).map((each) => each.row), ...rows.filter((each) => !each.differs).map((each) => each.row),
  ];
}

const WORD = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}_])+|\s+|[^\p{L}\p{N}_\s]/gu;

/** The second text; what is new in it is <ins>, what is missing <del>. @param {string} before @param {string} after */
function wordDiff(before, after) {
  const [a, b] = [before.match(WORD) ?? [], after.match(WORD) ?? []];
  if (before === after) return [after];
  if (a.length * b.length > 1e6) return [h('ins', {}, after)]; // not worth seconds
  const common = longestCommon(a, b);
  /** @type {Node[]} */
  const result = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const kind = i < a.length && j < b.length && a[i] === b[j] ? 'span' : j >= b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1]) ? 'del' : 'ins';
    const word = kind === 'del' ? a[i] : b[j];
    if (kind !== 'ins') i++;
    if (kind !== 'del') j++;
    const last = result.at(-1);
    if (last?.nodeName.toLowerCase() === kind) /** @type {any} */ (last).textContent += word;
    else result.push(h(kind, {}, word));
  }
  return result;
}

/** The lengths of the longest common rests. @param {string[]} a @param {string[]} b */
function longestCommon(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}

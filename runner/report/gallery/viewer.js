// @ts-check
/** Viewer: one result as large as the window allows, with everything that is known of it. */

/** The original, or what this form of the page has instead. @param {Job} job @param {Media | null} [file] */
function largest(job, file = job.file) {
  const src = file && !file.gone && ((file.kind === 'image' ? file.src : null) ?? file.preview);
  return src ? pictureOf(job, src) : thumbnail(job, file);
}

/** The jobs that left and right walk through: those of the view. @returns {Job[]} */
function walked() {
  if (state.view === 'axes') return $$('#axis-table .cell').map(jobIn);
  return state.view === 'compare' ? compared() : grid.items.map(current);
}

/** Where the job, or its stack, is among them. @param {Job | undefined} job @param {Job[]} jobs */
const placeOf = (job, jobs) => jobs.findIndex((each) => each === job || (state.stack && each.stack === job?.stack));

/** @param {number} by */
function walk(by) {
  const jobs = walked();
  const next = jobs[clamp(placeOf(BY_ID.get(state.one), jobs) + by, jobs)];
  if (next) openOne(next);
}

/** @param {Job} job */
function openOne(job) {
  if (job.take !== null) turned.set(job.stack, job.id);
  go({ one: job.id, at: job.id }, !state.one);
}

/** @returns {void} */
function drawOne() {
  const job = BY_ID.get(state.one);
  const dialog = $('one');
  if (!job) return dialog.close();
  const jobs = walked();
  $('one-id').textContent = job.id;
  $('one-place').textContent = t('shown', { n: placeOf(job, jobs) + 1, all: jobs.length });
  $('one-marks').replaceChildren(markBar(job));
  $('note').value = markOf(job).note;
  $('note').dataset.id = job.id;
  $('strip').replaceChildren(...strip(job));
  $('facts').replaceChildren(...facts(job));
  showFile(job, job.file);
  if (!dialog.open) { dialog.showModal(); $('one-stage').focus(); }
}

/** @param {Job} job @param {Media | null} file */
function showFile(job, file) {
  stopPlayer();
  moveLens(1, 0, 0);
  const plays = playable({ ...job, file });
  $('one-stage').replaceChildren(largest(job, file),
    plays ? iconButton('play', t('play'), { id: 'play', onclick: () => play($('one-stage'), plays, true) }) : '');
}

/** The takes of the entry, and the files of the job where there are several. @param {Job} job */
function strip(job) {
  const small = (each, file, onclick) => h('button', { onclick, 'aria-label': file?.name ?? each.id,
    'aria-current': each === job && file === job.file ? 'true' : null }, thumbnail(each, file));
  const takes = (STACKS.get(job.stack) ?? []).map((each) => small(each, each.file, () => openOne(each)));
  const files = job.files.map((file) => small(job, file, () => showFile(job, file)));
  return [takes, files].filter((list) => list.length > 1).flat();
}

/** @param {Media | null} file */
const pixels = (file) => (file?.w ? `${file.w} × ${file.h}` : '');

/** @param {any} value @returns {string} */
const plain = (value) => (Array.isArray(value) ? value.map(plain).join('\n') : typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Everything that is known, as pairs of a word and a text or element. @param {Job} job */
function factsOf(job) {
  const { file, error } = job;
  const links = (ids) => ids.length > 0 && h('span', {}, ...ids.map((id) =>
    h('button.link', { disabled: !BY_ID.has(id), onclick: () => openOne(BY_ID.get(id)) }, own(id))));
  return [
    ...(error ? [['error', `${error.code}: ${error.message}`], ['class', t(error.class)], ['billed', t(error.billed)], ['advice', error.advice]] : []),
    ['state', t(job.state)], ['reason', job.reason],
    ...job.warnings.map((each) => ['warning', each.message]),
    ['prompt', job.prompt], ['op', job.op], ['model', job.model], ['seed', job.seed],
    ...Object.entries(job.params).map(([key, value]) => [key, plain(value)]),
    ['tag', job.tags.join(', ')], ...Object.entries(job.axes),
    ['from', links(job.from)], ['into', links(job.into)],
    [job.cost ? 'cost' : 'estimate', price(job.amount)],
    ['file', file && (file.src ? h('a', { href: file.src, target: '_blank', rel: 'noopener' }, own(file.name)) : file.name)],
    ['size', file && [pixels(file), file.seconds && `${file.seconds.toFixed(1)} s`, file.fps && `${+file.fps.toFixed(2)} fps`, weight(file.bytes)].filter(Boolean).join(', ')],
    ['label', file && (job.labels.join(', ') || t('none'))],
    ['task', job.task], ['attempts', job.attempts > 1 && job.attempts],
    ['submitted', moment(job.at[0])], ['took', madeIn(job) > 0 && `${madeIn(job).toFixed(1)} s`],
    ...REVIEWERS.map((each) => [each.name, describe(each.marks.get(job.id) ?? UNMARKED)]),
  ].filter(([, value]) => value || value === 0);
}

/** @param {Job} job */
function facts(job) {
  const copies = { copy_prompt: job.prompt, copy_seed: job.seed, copy_yaml: jobYaml(job) };
  return [
    h('p.copies', {}, ...Object.entries(copies).map(([key, text]) => text != null && h('button', { onclick: () => copy(`${text}`) }, t(key)))),
    h('dl', {}, ...factsOf(job).flatMap(([key, value]) => [h('dt', {}, t(key)), h('dd', { dir: 'auto' }, value)])),
  ];
}

/** @param {Mark} mark */
const describe = ({ mark, stars, note }) => [mark && t(mark), '★'.repeat(stars), note].filter(Boolean).join('  ') || t('unmarked');

/** The job as an entry of a manifest that makes the same. @param {Job} job */
function jobYaml({ id, op, model, prompt, params, seed, tags }) {
  const entry = { id, operation: op, model, prompt: prompt.replaceAll('${{', () => '$${{') || null, ...params, seed, tags: tags.length ? tags : null };
  const lines = Object.entries(entry).filter(([, value]) => value !== null);
  return lines.map(([key, value], n) => `${n ? '  ' : '- '}${yaml(key)}: ${yaml(value)}\n`).join('');
}

/** @param {string} text */
const copy = (text) => navigator.clipboard.writeText(text).then(
  () => tell('copied'), (error) => tell('not_copied', { error }));

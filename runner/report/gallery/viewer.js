// @ts-check
/** Viewer: one result as large as the window allows, with everything that is known of it. */

/** What to show large: the original, or what this form of the page has instead. @param {Job} job @param {Media | null} [file] */
function largest(job, file = job.file) {
  const src = file && (file.kind === 'image' ? file.src ?? file.preview : file.preview) ;
  return src && !file?.gone ? h('img', { src, alt: `${job.id}: ${job.prompt.slice(0, 200)}`, draggable: 'false' }) : thumbnail(job, file);
}

/** The jobs that left and right walk through. */
function walked() {
  if (state.view === 'axes') return [.../** @type {any} */ ($('axis-table').querySelectorAll('[data-stack] [data-job]'))].map((bar) => JOBS[bar.dataset.job]);
  if (state.view === 'compare') return compared();
  return grid.items.map(current);
}

/** @param {number} by */
function walk(by) {
  const jobs = walked();
  const at = jobs.findIndex((job) => job.stack === BY_ID.get(state.one)?.stack && (state.stack || job.id === state.one));
  const next = jobs[Math.max(0, Math.min(jobs.length - 1, at + by))];
  if (next) openOne(next);
}

/** @param {Job} job */
function openOne(job) {
  if (job.take !== null) turned.set(job.stack, job.id);
  go({ one: job.id }, !state.one);
}

/** @param {number} by through the takes */
function walkTakes(by) {
  const job = BY_ID.get(state.one);
  const stack = job && STACKS.get(job.stack);
  if (stack) openOne(stack[Math.max(0, Math.min(stack.length - 1, stack.indexOf(job) + by))]);
}

function drawOne() {
  const job = BY_ID.get(state.one);
  const dialog = $('one');
  if (!job) {
    stopPlayer();
    if (dialog.open) dialog.close();
    return;
  }
  dialog.dataset.is = markOf(job).mark ?? '';
  const jobs = walked();
  const at = jobs.findIndex((each) => each.stack === job.stack && (state.stack || each === job)) + 1;
  $('one-id').textContent = job.id;
  $('one-place').textContent = at ? t('place', { n: at, all: jobs.length }) : '';
  $('one-marks').replaceChildren(markBar(job, true));
  $('note').value = markOf(job).note;
  $('note').dataset.id = job.id;
  showFile(job, job.file);
  $('strip').replaceChildren(...strip(job));
  $('facts').replaceChildren(...facts(job));
  if (!dialog.open) dialog.showModal();
  $('one-facts').scrollTop = 0;
}

/** @param {Job} job @param {Media | null} file */
function showFile(job, file) {
  stopPlayer();
  moveLens(1, 0, 0);
  const playing = file && file.kind !== 'image' && file.src && !file.gone;
  const button = playing && h('button', { type: 'button', class: 'play i i-play', 'aria-label': t('play'), onclick: () => play($('one-stage'), file, true) });
  $('one-stage').replaceChildren(largest(job, file), button || '');
}

/** The takes of the entry, and the files of the job where there are several. @param {Job} job */
function strip(job) {
  const takes = STACKS.get(job.stack) ?? [];
  const small = (each, file, onclick) =>
    h('button', { type: 'button', onclick, 'aria-label': file?.name ?? each.id, 'aria-current': each === job && file === job.file ? 'true' : null }, thumbnail(each, file));
  return [
    ...(takes.length > 1 ? takes.map((each) => small(each, each.file, () => openOne(each))) : []),
    ...(job.files.length > 1 ? job.files.map((file) => small(job, file, () => showFile(job, file))) : []),
  ];
}

/** @param {Media | null} file */
const pixels = (file) => (file?.w ? `${file.w} × ${file.h}` : '');

/** @param {any} value @returns {string} */
const plain = (value) => (typeof value === 'string' ? value : Array.isArray(value) ? value.map(plain).join('\n') : JSON.stringify(value));

/** @param {Job} job @returns {HTMLElement[]} */
function facts(job) {
  const { file, error } = job;
  const copy = (key, text) => h('button', { type: 'button', class: 'copy', onclick: () => copyText(text) }, t(key));
  const links = (ids) => ids.length > 0 && h('span', {}, ...ids.map((id) => h('button', { type: 'button', class: 'link', disabled: !BY_ID.has(id), onclick: () => openOne(/** @type {Job} */ (BY_ID.get(id))) }, id)));
  const rows = [
    ['error', error && `${error.code} (${t(error.class)}): ${error.message}`], ['advice', error?.advice], ['billed', error && t(error.billed)],
    ['state', t(job.state) + (job.reused ? `, ${t('reused')}` : '')], ['reason', job.reason],
    ...job.warnings.map((each) => ['warning', each.message]),
    ['prompt', job.prompt], ['operation', job.op], ['model', job.model], ['seed', job.seed],
    ...Object.entries(job.params).map(([key, value]) => [key, plain(value)]),
    ['tags', job.tags.join(', ')], ...Object.entries(job.axes),
    ['from', links(job.from)], ['into', links(job.into)],
    [job.cost ? 'cost' : 'estimate', price(job.cost ?? job.estimate)],
    ['file', file && (file.src ? h('a', { href: file.src, target: '_blank', rel: 'noopener' }, file.name) : file.name)],
    ['size', [pixels(file), file?.seconds && `${file.seconds.toFixed(1)} s`, file?.fps && `${+file.fps.toFixed(2)} fps`, file && size(file.bytes)].filter(Boolean).join(', ')],
    ['labels', job.labels.join(', ') || (file && t('none'))],
    ['task', job.task], ['attempts', job.attempts > 1 && job.attempts],
    ['submitted', moment(job.at[0])], ['took', madeIn(job) > 0 && `${madeIn(job).toFixed(1)} s`],
    ...REVIEWERS.map((each) => [each.name, reviewText(each.marks.get(job.id) ?? UNMARKED)]),
  ];
  return [
    h('p', { class: 'copies' }, copy('copy_prompt', job.prompt), copy('copy_seed', String(job.seed ?? '')), copy('copy_yaml', jobYaml(job))),
    h('dl', {}, ...rows.filter(([, value]) => value || value === 0).flatMap(([key, value]) => [
      h('dt', {}, t(String(key))), h('dd', { dir: 'auto' }, value instanceof Node ? value : String(value))])),
  ];
}

/** @param {Mark} mark */
const reviewText = ({ mark, stars, note }) => [t(mark ?? 'unmarked'), '★'.repeat(stars), note].filter(Boolean).join('  ');

/** The job as an entry of a manifest that makes the same. @param {Job} job */
function jobYaml(job) {
  const entry = { id: job.id, operation: job.op, model: job.model, prompt: job.prompt && job.prompt.replaceAll('${{', '$${{'), ...job.params, seed: job.seed, tags: job.tags.length ? job.tags : null };
  const lines = Object.entries(entry).filter(([, value]) => value !== null && value !== '');
  return lines.map(([key, value], n) => `${n ? '  ' : '- '}${yamlText(key)}: ${yamlValue(value)}\n`).join('');
}

/** @param {any} value @returns {string} in YAML's flow style */
function yamlValue(value) {
  if (typeof value === 'string') return yamlText(value);
  if (Array.isArray(value)) return `[${value.map(yamlValue).join(', ')}]`;
  if (value && typeof value === 'object') return `{${Object.entries(value).map(([key, each]) => `${yamlText(key)}: ${yamlValue(each)}`).join(', ')}}`;
  return String(value);
}

/** @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(t('copied'));
  } catch (error) {
    announce(t('not_copied', { error }));
  }
}

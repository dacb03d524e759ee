// @ts-check
/** DOM: elements are built here alone; whatever the data holds goes in as text or as an attribute. */

/** `h('a.big', {href: '#all'}, 'All')`. Attributes and children of null, undefined or false are left out;
 * a function listens. @param {string} tag @param {Record<string, any>} [attributes]
 * @param {any[]} children @returns {any} */
function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (name === 'button') element.setAttribute('type', 'button');
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value != null && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

/** A button with an icon of style.css, and a name. @param {string} icon @param {string} label */
const iconButton = (icon, label, attributes = {}) =>
  h(`button.i.i-${icon}`, { 'aria-label': label, title: label, ...attributes });

/** Text of users in a line of ours: its direction changes nothing around it. @param {string} text */
const own = (text) => h('bdi', {}, text);

/** Say something to all, also to those who hear the page. @param {string} key @param {Record<string, any>} [values] */
const tell = (key, values) => { $('live').textContent = t(key, values); };

/** @param {Job} job @param {string} src */
const pictureOf = ({ id, prompt }, src) =>
  h('img', { src, alt: `${id}: ${prompt.slice(0, 200)}`, decoding: 'async', draggable: 'false' });

/** What stands for a file: its thumbnail, its waveform, or a word about why there is none.
 * @param {Job} job @param {Media | null} [file] */
function thumbnail(job, file = job.file) {
  if (file?.kind === 'audio' && file.peaks.length) return waveform(file.peaks);
  const light = file?.kind === 'image' && file.w * file.h <= 5e7; // browsers decode all of it
  const src = file && !file.gone && (file.thumb ?? (light ? file.src : null));
  if (src) return pictureOf(job, src);
  const word = file ? t(file.gone ? `gone_${file.gone}` : file.kind) : t(job.state);
  const why = file?.name ?? job.error?.message ?? job.reason ?? '';
  return h(`span.blank.${job.state}`, {}, h('b', {}, word), own(why.slice(0, 160)));
}

/** @param {number[]} peaks 0 to 100 */
function waveform(peaks) {
  const wave = h('span.wave', { 'aria-hidden': 'true' }, ...peaks.map(() => h('i')));
  peaks.forEach((peak, n) => { wave.children[n].style.height = `${Math.max(2, peak)}%`; });
  return wave;
}

/** Pick, reject and five stars, for a job wherever it is shown. @param {Job} job @param {number} [tabindex] */
function markBar(job, tabindex) {
  const mark = markOf(job);
  const of = (icon, label, value) => iconButton(icon, label, { 'data-mark': value, tabindex, 'aria-pressed': isPressed(value, mark) });
  return h('span.marks', { role: 'group', 'aria-label': t('marks_of', { id: job.id }), 'data-job': job.index },
    of('pick', t('pick'), 'picked'), of('reject', t('reject'), 'rejected'),
    ...[1, 2, 3, 4, 5].map((n) => of('star', t('stars_n', { n }), n)));
}

/** @param {any} value picked, rejected or a number of stars @param {Mark} mark */
const isPressed = (value, mark) => `${value === mark.mark || Number(value) <= mark.stars}`;

/** Show a changed mark in place: nothing else of the page is touched. @param {Job} job */
function refreshMarks(job) {
  const mark = markOf(job);
  for (const bar of $$(`[data-job="${job.index}"]`)) {
    const cell = bar.closest('.cell');
    if (cell) cell.dataset.is = mark.mark ?? '';
    for (const each of bar.children) each.ariaPressed = isPressed(each.dataset.mark, mark);
  }
}

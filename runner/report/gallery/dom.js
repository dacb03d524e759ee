// @ts-check
/** DOM: elements are built here alone; whatever the data holds goes in as text or as an attribute. */

/** @type {(selector: string) => any[]} */
const $$ = (selector) => [...document.querySelectorAll(selector)];

/** `h('a', {href: '#all', class: 'on'}, 'All')`. A value of null, undefined or false leaves the attribute out, a
 * function listens. @param {string} tag @param {Record<string, any>} [attributes]
 * @param {(Node | string | null | false)[]} children @returns {any} */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value != null && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** A button with an icon of style.css and a name for those who do not see it.
 * @param {string} icon @param {string} label @param {Record<string, any>} [attributes] */
const iconButton = (icon, label, attributes = {}) =>
  h('button', { type: 'button', class: `i i-${icon}`, 'aria-label': label, title: label, ...attributes });

/** Tell those who hear the page. @param {string} text */
function announce(text) {
  $('live').textContent = text;
}

/** What stands for a file: its thumbnail, its waveform, or a word about why there is none.
 * @param {Job} job @param {Media | null} [file] */
function thumbnail(job, file = job.file) {
  if (file?.kind === 'audio' && file.peaks.length) return waveform(file.peaks);
  const src = file && (file.thumb ?? (file.kind === 'image' ? file.src : null));
  if (src && !file.gone) {
    const alt = job.prompt ? `${job.id}: ${job.prompt.slice(0, 200)}` : job.id;
    return h('img', { src, alt, decoding: 'async', draggable: 'false' });
  }
  const word = file ? t(file.gone ? `gone_${file.gone}` : file.kind) : t(job.state);
  const why = file ? file.name : job.error?.message ?? job.reason ?? '';
  return h('span', { class: `blank ${job.state}` }, h('b', {}, word), h('span', { dir: 'auto' }, why.slice(0, 160)));
}

/** @param {number[]} peaks 0 to 100 */
function waveform(peaks) {
  const bars = peaks.map((peak) => {
    const bar = h('i');
    bar.style.height = `${Math.max(2, peak)}%`;
    return bar;
  });
  return h('span', { class: 'wave', 'aria-hidden': 'true' }, ...bars);
}

/** Pick, reject and five stars, for a job wherever it is shown. @param {Job} job @param {boolean} inTabOrder */
function markBar(job, inTabOrder) {
  const mark = markOf(job);
  const button = (icon, label, value) =>
    iconButton(icon, label, { 'data-mark': value, tabindex: inTabOrder ? null : -1,
      'aria-pressed': String(isPressed(value, mark)) });
  return h('span', { class: 'marks', role: 'group', 'aria-label': t('marks_of', { id: job.id }), 'data-job': job.index },
    button('pick', t('pick'), 'picked'), button('reject', t('reject'), 'rejected'),
    ...[1, 2, 3, 4, 5].map((n) => button('star', t('stars_n', { n }), String(n))));
}

/** @param {string} value of a button: picked, rejected or a number of stars @param {Mark} mark */
const isPressed = (value, mark) => value === mark.mark || Number(value) <= mark.stars;

/** Show a changed mark in place: nothing else of the page is touched. @param {Job} job */
function refreshMarks(job) {
  const mark = markOf(job);
  for (const bar of $$(`[data-job="${job.index}"]`)) {
    const host = bar.closest('.cell, .pane, dialog');
    if (host) host.setAttribute('data-is', mark.mark ?? '');
    for (const button of bar.querySelectorAll('[data-mark]')) {
      const value = button.getAttribute('data-mark') ?? '';
      button.setAttribute('aria-pressed', String(isPressed(value, mark)));
    }
  }
}

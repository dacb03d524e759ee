// @ts-check
/** Words: every text of the page, in the reader's language, and how numbers and times look in it. */

/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);

/** @type {Record<string, Record<string, string>>} */
const WORDS = JSON.parse($('words').textContent);
const LANGUAGE =
  document.documentElement.dataset.lang ||
  (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

/** The text of `key`; `{name}` in it becomes `values.name`. An unknown key is its own text.
 * @param {string} key @param {Record<string, unknown>} [values] */
function t(key, values = {}) {
  const text = WORDS[LANGUAGE]?.[key] ?? WORDS.en?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** Put the reader's language into what the server wrote in English. */
function translatePage() {
  document.documentElement.lang = LANGUAGE === 'zh' ? 'zh-CN' : LANGUAGE;
  for (const element of document.querySelectorAll('[data-t]')) {
    element.textContent = t(/** @type {HTMLElement} */ (element).dataset.t ?? '');
  }
  for (const attribute of ['aria-label', 'placeholder', 'title']) {
    for (const element of document.querySelectorAll(`[data-t-${attribute}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(`data-t-${attribute}`) ?? ''));
    }
  }
}

/** `4.0` → `0:04`. @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** @param {number | null} epoch seconds */
function moment(epoch) {
  return epoch === null ? '' : new Date(epoch * 1000).toLocaleString(document.documentElement.lang);
}

/** @param {number} bytes */
function size(bytes) {
  const [unit, name] = bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  return `${(bytes / unit).toFixed(bytes < 1e5 || bytes >= 1e7 ? 0 : 1)} ${name}`;
}

/** `{credits: 6}` → `6 credits`. @param {Amount | null} amount */
function price(amount) {
  const parts = [];
  if (amount?.credits != null) parts.push(t('credits', { n: +amount.credits.toFixed(2) }));
  if (amount?.cny != null) parts.push(`¥${amount.cny.toFixed(2)}`);
  return parts.join(' + ');
}

// @ts-check
/** Words: every text of the page, in the reader's language, and how numbers and times look in it. */

const ROOT = document.documentElement;
/** @type {(id: string) => any} */
const $ = (id) => document.getElementById(id);
/** @type {(selector: string) => any[]} */
const $$ = (selector) => [...document.querySelectorAll(selector)];

const WORDS = JSON.parse($('words').textContent);
const LANGUAGE = ROOT.dataset.lang ||
  (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

/** The text of `key`; `{name}` in it becomes `values.name`. An unknown key is its own text.
 * @param {string} key @param {Record<string, unknown>} [values] */
function t(key, values = {}) {
  const text = Object.hasOwn(WORDS[LANGUAGE], key) ? WORDS[LANGUAGE][key] : key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** Put the reader's language into what the server wrote in English. */
function translatePage() {
  ROOT.lang = LANGUAGE === 'zh' ? 'zh-CN' : LANGUAGE;
  for (const each of $$('[data-t]')) each.textContent = t(each.dataset.t);
  for (const name of ['aria-label', 'placeholder', 'title']) {
    for (const each of $$(`[data-t-${name}]`)) each.setAttribute(name, t(each.getAttribute(`data-t-${name}`)));
  }
}

/** `64.2` → `1:04`. @param {number} seconds */
function clock(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** @param {number | null} epoch in seconds */
const moment = (epoch) => (epoch ? new Date(epoch * 1000).toLocaleString(ROOT.lang) : '');

/** @param {number} bytes */
const weight = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** `{credits: 6}` → `6 credits`. @param {Amount | null} amount */
function price(amount) {
  const { credits, cny } = amount ?? {};
  return [credits != null && t('credits', { n: credits }), cny != null && `¥${cny.toFixed(2)}`].filter(Boolean).join(' + ');
}

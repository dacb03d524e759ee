// @ts-check
/** Filter: the search box's language, sorting and grouping; pure functions over jobs and marks. */

/** @typedef {{not: boolean, key: string, op: string, value: string}} Term */
/** @typedef {{jobs: Job[]}} Item a cell: the takes of one stack that are shown */
/** @typedef {{title: string, items: Item[]}} Group */
/** @typedef {(job: Job) => Mark} MarkOf */

const TERM = /(-?)(?:([\p{L}_][\p{L}\p{N}_.-]*)(>=|<=|[:=<>]))?(?:"([^"]*)"?|(\S+))/gu;

/** @type {Record<string, (job: Job, mark: Mark) => any[]>} */
const FIELDS = {
  tag: (job) => job.tags,
  kind: (job) => [job.file?.kind ?? job.makes],
  label: (job) => job.labels,
  error: (job) => (job.error ? [job.error.code, job.error.class] : []),
  warning: (job) => job.warnings.map((each) => each.code),
  cost: (job) => [costOf(job)],
  duration: (job) => [job.file?.seconds],
  mark: (_, mark) => [mark.mark],
  stars: (_, mark) => [mark.stars],
  note: (_, mark) => [mark.note || null],
  reviewers: (job) => [reviewersDiffer(job) ? 'differ' : 'agree'],
};
for (const key of ['id', 'state', 'op', 'model', 'seed', 'take']) FIELDS[key] = (job) => [job[key]];

/** @type {Record<string, (value: number, wanted: number) => boolean>} */
const COMPARE = { '>': (a, b) => a > b, '<': (a, b) => a < b, '>=': (a, b) => a >= b, '<=': (a, b) => a <= b };

/** Search tokens: words, "several words", -not, tag:hero, cost>10. @param {string} text @returns {Term[]} */
function parseQuery(text) {
  return [...text.matchAll(TERM)].map(([whole, minus, name, op, quoted, bare]) => {
    const key = name && fieldNamed(name);
    const not = minus === '-' && whole !== '-';
    const word = whole.slice(not ? 1 : 0).replaceAll('"', '');
    return key ? { not, key, op, value: fold(quoted ?? bare) } : { not, key: '', op: ':', value: fold(word) };
  });
}

/** A field or an axis by its name in any case; undefined for other text. @param {string} key */
function fieldNamed(key) {
  return [...Object.keys(FIELDS), ...AXES.map((axis) => axis.name)].find((name) => fold(name) === fold(key));
}

/** @param {Term} term @param {Job} job @param {MarkOf} markOf */
function matches(term, job, markOf) {
  if (!term.key) return job.hay.includes(term.value);
  const known = Object.hasOwn(FIELDS, term.key) ? FIELDS[term.key](job, markOf(job)) : axisValues(job, term.key);
  const values = known.filter((value) => value != null);
  return (values.length ? values : ['none']).some((value) => compare(value, term));
}

/** @param {string | number} value @param {Term} term */
function compare(value, { op, value: wanted }) {
  if (op in COMPARE) return COMPARE[op](Number(value), Number(wanted));
  return wanted.split(',').some((each) => glob(each, fold(String(value))));
}

/** @param {string} pattern with `*` for any text @param {string} text */
function glob(pattern, text) {
  if (!pattern.includes('*')) return pattern === text;
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'su').test(text);
}

/** @type {Record<string, (job: Job, mark: Mark) => number | string>} */
const SORTS = {
  order: (job) => job.index,
  id: (job) => job.id,
  time: (job) => job.at[1] ?? job.at[0] ?? Infinity,
  cost: costOf,
  duration: madeIn,
  stars: (_, mark) => (mark.mark === 'rejected' ? 1 : -mark.stars - (mark.mark ? 10 : 0)),
};

/** @param {Job[]} jobs @param {string} sort a key of SORTS, with `-` in descending order @param {MarkOf} markOf */
function sortJobs(jobs, sort, markOf) {
  const sign = sort.startsWith('-') ? -1 : 1;
  const key = SORTS[sort.replace('-', '')] ?? SORTS.order;
  const keyed = jobs.map((job) => ({ job, value: key(job, markOf(job)) }));
  keyed.sort((a, b) => (a.value < b.value ? -sign : Number(a.value > b.value) && sign));
  return keyed.map((each) => each.job);
}

/** The groups of cells that are shown. @param {Job[]} jobs @param {State} view @param {MarkOf} markOf
 * @returns {Group[]} */
function arrange(jobs, view, markOf) {
  const terms = parseQuery(view.q);
  const shown = jobs.filter((job) => terms.every((term) => matches(term, job, markOf) !== term.not));
  const sorted = sortJobs(shown, view.sort, markOf);
  const groups = groupBy(sorted, (job) => (view.group ? groupTitles(job, view.group, markOf) : ['']));
  return [...groups].map(([title, members]) => ({ title, items: stackUp(members, view.stack) }));
}

/** @param {Job[]} jobs @param {boolean} together @returns {Item[]} */
function stackUp(jobs, together) {
  const stacks = groupBy(jobs, (job) => [together ? job.stack : job.id]);
  return [...stacks.values()].map((takes) => ({ jobs: takes.sort((a, b) => a.index - b.index) }));
}

/** @param {Job} job @param {string} group @param {MarkOf} markOf */
function groupTitles(job, group, markOf) {
  const values = FIELDS[group]?.(job, markOf(job)) ?? axisValues(job, group);
  const titles = values.filter((value) => value != null).map((value) => t(String(value)));
  return titles.length ? titles : [t('none')];
}

/** Whether marks decide what is shown, or where. @param {State} view */
function dependsOnMarks(view) {
  const keys = [...parseQuery(view.q).map((term) => term.key), view.group, view.sort.replace('-', '')];
  return keys.some((key) => ['mark', 'stars', 'note'].includes(key));
}

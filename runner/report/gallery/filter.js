// @ts-check
/** Filter: the search box's language, sorting and grouping; pure functions over jobs and marks. */

/** @typedef {{not: boolean, key: string, op: string, value: string}} Term */
/** @typedef {{jobs: Job[]}} Item a cell: the takes of one stack that are shown */
/** @typedef {{title: string, items: Item[]}} Group */
/** @typedef {(job: Job) => Mark} MarkOf */

const TERM = /(-?)(?:([\p{L}_][\p{L}\p{N}_.-]*)(>=|<=|[:=<>]))?(?:"([^"]*)"?|(\S+))/gu;

/** @type {Record<string, (job: Job, mark: Mark) => (string | number | null)[]>} */
const FIELDS = {
  id: (job) => [job.id],
  tag: (job) => job.tags,
  state: (job) => [job.state],
  op: (job) => [job.op],
  operation: (job) => [job.op],
  model: (job) => [job.model],
  kind: (job) => [job.file?.kind ?? job.makes],
  seed: (job) => [job.seed],
  take: (job) => [job.take],
  label: (job) => (job.labels.length ? job.labels : ['none']),
  error: (job) => (job.error ? [job.error.code, job.error.class] : ['none']),
  warning: (job) => (job.warnings.length ? job.warnings.map((each) => each.code) : ['none']),
  cost: (job) => [costOf(job)],
  credits: (job) => [job.cost?.credits ?? null],
  cny: (job) => [job.cost?.cny ?? null],
  duration: (job) => [job.file?.seconds ?? null],
  attempts: (job) => [job.attempts],
  mark: (_, mark) => [mark.mark ?? 'none'],
  stars: (_, mark) => [mark.stars],
  note: (_, mark) => [mark.note || 'none'],
  reviewers: (job) => [reviewersDiffer(job) ? 'differ' : 'agree'],
};
const OF_MARKS = ['mark', 'stars', 'note'];

/** Search tokens: words, "several words", -not, tag:hero, cost>10. @param {string} text @returns {Term[]} */
function parseQuery(text) {
  return [...text.matchAll(TERM)].map(([whole, minus, key, op, quoted, bare]) => {
    const name = key && fieldNamed(key);
    const not = minus === '-' && whole !== '-';
    if (name) return { not, key: name, op, value: fold(quoted ?? bare) };
    return { not, key: '', op: ':', value: fold(whole.slice(not ? 1 : 0).replaceAll('"', '')) };
  });
}

/** A field or an axis by its name in any case; none for other text. @param {string} key */
function fieldNamed(key) {
  const name = fold(key);
  return Object.hasOwn(FIELDS, name) ? name : AXES.find((axis) => fold(axis.name) === name)?.name;
}

/** @param {Term} term @param {Job} job @param {MarkOf} markOf */
function matches(term, job, markOf) {
  if (!term.key) return job.hay.includes(term.value);
  const axis = axisValues(job, term.key);
  const values = Object.hasOwn(FIELDS, term.key)
    ? FIELDS[term.key](job, markOf(job))
    : axis.length ? axis : ['none'];
  return values.some((value) => value !== null && compare(value, term));
}

/** @param {string | number} value @param {Term} term */
function compare(value, { op, value: wanted }) {
  if (op === '>') return Number(value) > Number(wanted);
  if (op === '<') return Number(value) < Number(wanted);
  if (op === '>=') return Number(value) >= Number(wanted);
  if (op === '<=') return Number(value) <= Number(wanted);
  return wanted.split(',').some((each) => glob(each).test(fold(String(value))));
}

/** @param {string} pattern with `*` for any text */
function glob(pattern) {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'su');
}

/** @type {Record<string, (job: Job, mark: Mark) => number | string>} */
const SORTS = {
  order: (job) => job.index,
  id: (job) => job.id,
  time: (job) => job.at[1] ?? job.at[0] ?? Infinity,
  cost: costOf,
  duration: madeIn,
  stars: (_, mark) => -(mark.mark === 'rejected' ? -1 : mark.stars + (mark.mark ? 10 : 0)),
};

/** @param {Job[]} jobs @param {string} sort a key of SORTS, with `-` in descending order
 * @param {MarkOf} markOf */
function sortJobs(jobs, sort, markOf) {
  const sign = sort.startsWith('-') ? -1 : 1;
  const key = SORTS[sort.replace('-', '')] ?? SORTS.order;
  const keyed = jobs.map((job) => ({ job, value: key(job, markOf(job)) }));
  keyed.sort((a, b) => sign * (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  return keyed.map((each) => each.job);
}

/** The groups of cells that are shown. @param {Job[]} jobs @param {State} view @param {MarkOf} markOf
 * @returns {Group[]} */
function arrange(jobs, view, markOf) {
  const terms = parseQuery(view.q);
  const shown = jobs.filter((job) => terms.every((term) => matches(term, job, markOf) !== term.not));
  const sorted = sortJobs(shown, view.sort, markOf);
  if (!view.group) return [{ title: '', items: stack(sorted, view.stack) }];
  const groups = groupBy(sorted, (job) => groupTitles(job, view.group, markOf));
  return [...groups].map(([title, members]) => ({ title, items: stack(members, view.stack) }));
}

/** @param {Job[]} jobs @param {boolean} together @returns {Item[]} */
function stack(jobs, together) {
  if (!together) return jobs.map((job) => ({ jobs: [job] }));
  const stacks = [...groupBy(jobs, (job) => [job.stack]).values()];
  return stacks.map((takes) => ({ jobs: takes.sort((a, b) => a.index - b.index) }));
}

/** @param {Job} job @param {string} group @param {MarkOf} markOf */
function groupTitles(job, group, markOf) {
  const field = group === 'tag' ? job.tags : FIELDS[group]?.(job, markOf(job));
  const values = axisValues(job, group).concat((field ?? []).map(String));
  return values.length ? values : [t('none')];
}

/** Whether marks decide what is shown, or where. @param {State} view */
function dependsOnMarks(view) {
  const keys = [...parseQuery(view.q).map((term) => term.key), view.group];
  return view.sort.endsWith('stars') || keys.some((key) => OF_MARKS.includes(key));
}

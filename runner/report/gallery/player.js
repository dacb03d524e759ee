// @ts-check
/** Player: the one player of grid and dialog, and zoom and pan in step for whatever is shown large. */

const player = h('video', { class: 'player', preload: 'none', playsinline: true, loop: true });
player.muted = true;
player.addEventListener('error', () => {
  if (player.getAttribute('src')) announce(t('cannot_play', { file: player.dataset.name }));
});

const STILL = matchMedia('(prefers-reduced-motion: reduce)');
let hover = 0;

/** @param {Job} job @returns {Media | null} */
const playable = (job) => (job.file?.src && !job.file.gone && job.file.kind !== 'image' ? job.file : null);

/** @param {Element} host @param {Media} file @param {boolean} controls */
function play(host, file, controls) {
  stopPlayer();
  player.controls = controls;
  player.muted = file.kind === 'video';
  player.dataset.name = file.name;
  player.setAttribute('aria-label', file.name);
  player.src = file.src;
  host.append(player);
  start(player);
}

/** @param {HTMLMediaElement} media */
function start(media) {
  media.play().catch((error) => {
    // It was stopped before it began, which is what somebody wanted.
    if (error.name !== 'AbortError') announce(t('cannot_play', { file: media.dataset.name ?? '' }));
  });
}

function stopPlayer() {
  clearTimeout(hover);
  if (!player.isConnected) return;
  player.pause();
  player.removeAttribute('src');
  player.load(); // lets go of the file
  player.remove();
}

/** A film under the pointer begins after 400 ms, unless somebody wants no motion. @param {any} event */
function onHover({ target }) {
  if (target === player) return;
  const picture = target.closest?.('.cell .pic[data-play]');
  if (picture?.contains(player)) return;
  stopPlayer();
  const job = picture && JOBS[picture.parentElement.querySelector('[data-job]').dataset.job];
  const file = job && playable(job);
  if (file?.kind === 'video' && !STILL.matches) hover = setTimeout(() => play(picture, file, false), 400);
}

/** Zoom 1 is the whole picture; x and y are parts of the stage, from its middle. */
const lens = { zoom: 1, x: 0, y: 0 };

/** @param {number} zoom @param {number} [x] the point that stays where it is @param {number} [y] */
function zoomTo(zoom, x = 0, y = 0) {
  const next = Math.min(16, Math.max(1, zoom));
  const by = next / lens.zoom;
  moveLens(next, x - (x - lens.x) * by, y - (y - lens.y) * by);
}

/** @param {number} zoom @param {number} x @param {number} y */
function moveLens(zoom, x, y) {
  const far = (zoom - 1) / 2;
  lens.zoom = zoom;
  lens.x = Math.min(far, Math.max(-far, x));
  lens.y = Math.min(far, Math.max(-far, y));
  for (const stage of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.stage'))) {
    stage.style.setProperty('--zoom', String(lens.zoom));
    stage.style.setProperty('--x', `${lens.x * 100}%`);
    stage.style.setProperty('--y', `${lens.y * 100}%`);
    stage.classList.toggle('zoomed', zoom > 1);
  }
}

/** The whole picture, or its pixels one to one. */
function toggleZoom() {
  const image = document.querySelector('dialog[open] .stage img, #compare .pane img');
  if (lens.zoom > 1 || !(image instanceof HTMLImageElement)) return moveLens(1, 0, 0);
  const shown = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  return zoomTo(Math.max(2, 1 / shown));
}

/** Wheel and drag on a stage. @param {HTMLElement} stage */
function watchLens(stage) {
  stage.addEventListener('wheel', (event) => {
    event.preventDefault();
    const box = (event.target instanceof Element && event.target.closest('.pane, .stage') || stage).getBoundingClientRect();
    zoomTo(lens.zoom * Math.exp(-event.deltaY / 400), (event.clientX - box.x) / box.width - 0.5, (event.clientY - box.y) / box.height - 0.5);
  }, { passive: false });
  stage.addEventListener('pointermove', (event) => {
    if (!(event.buttons & 1) || lens.zoom === 1) return;
    const box = (stage.querySelector('.pane') ?? stage).getBoundingClientRect();
    moveLens(lens.zoom, lens.x + event.movementX / box.width, lens.y + event.movementY / box.height);
  });
  stage.addEventListener('dblclick', toggleZoom);
}

// @ts-check
/** Player: the one player of grid and dialog, and zoom and pan in step for whatever is shown large. */

const player = h('video', { preload: 'none', playsinline: true, loop: true });
player.onerror = () => player.hasAttribute('src') && tell('cannot_play', { file: player.title });

let hover = 0;

/** The file of a job that has something to play. @param {Job} [job] */
const playable = (job) => (job?.file?.src && !job.file.gone && job.file.kind !== 'image' ? job.file : null);

/** @param {Element} host @param {Media} file @param {boolean} controls */
function play(host, file, controls) {
  stopPlayer();
  Object.assign(player, { controls, muted: file.kind === 'video', title: file.name, src: file.src });
  host.append(player);
  start(player);
}

/** @param {HTMLVideoElement} film */
function start(film) {
  film.play().catch((error) => {
    // AbortError: it was stopped before it began, which is what somebody wanted.
    if (error.name !== 'AbortError') tell('cannot_play', { file: film.title });
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
  const picture = target.closest('.cell .pic');
  if (picture?.contains(player)) return;
  stopPlayer();
  const file = picture && playable(jobIn(picture.parentElement));
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (file?.kind === 'video' && !still) hover = setTimeout(() => play(picture, file, false), 400);
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
  Object.assign(lens, { zoom, x: Math.min(far, Math.max(-far, x)), y: Math.min(far, Math.max(-far, y)) });
  for (const stage of $$('.stage')) {
    stage.style.setProperty('--zoom', lens.zoom);
    stage.style.setProperty('--x', `${lens.x * 100}%`);
    stage.style.setProperty('--y', `${lens.y * 100}%`);
  }
}

/** The whole picture, or its pixels one to one. */
function toggleZoom() {
  const [image] = $$('dialog[open] .stage img, #compare .pane img');
  if (lens.zoom > 1 || !image) return moveLens(1, 0, 0);
  const shown = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  return zoomTo(Math.max(2, 1 / shown));
}

/** Wheel and drag on a stage. @param {HTMLElement} stage */
function watchLens(stage) {
  const box = (event) => (event.target.closest('.pane') ?? stage).getBoundingClientRect();
  stage.onwheel = (event) => {
    event.preventDefault();
    const { x, y, width, height } = box(event);
    zoomTo(lens.zoom * Math.exp(-event.deltaY / 400), (event.clientX - x) / width - 0.5, (event.clientY - y) / height - 0.5);
  };
  stage.onpointermove = (event) => {
    if (event.buttons !== 1 || lens.zoom === 1) return;
    const { width, height } = box(event);
    moveLens(lens.zoom, lens.x + event.movementX / width, lens.y + event.movementY / height);
  };
  stage.ondblclick = toggleZoom;
}

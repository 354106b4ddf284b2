// The timing page: a clock that a program can read, and beeps on its seconds.
// Second 0 is when this script began.
//
//	?videos=N   N looping, muted videos of the room's participants, up to 4
//	?fps=N      paints at most N pictures a second
//	?silent=1   no beeps
//	?static=1   paints once; the page then stays still
import { stripPainter } from './strip.js';
import { beep } from './beeps.js';

const query = new URLSearchParams(location.search);
const on = (key) => query.has(key) && query.get(key) !== '0';
const fps = Number(query.get('fps')) || 0;
const strip = stripPainter(document.getElementById('strip'));
const clock = document.getElementById('clock');
const shape = document.getElementById('shape');
const zero = performance.now();

['ana', 'ben', 'chloe', 'dev'].slice(0, Number(query.get('videos')) || 0).forEach((name) => {
	const video = document.createElement('video');
	Object.assign(video, { src: `/clips/${name}.webm`, muted: true, loop: true, autoplay: true });
	document.getElementById('videos').append(video);
});

let value = 0;
let shown = '';
function paint() {
	strip.paint(value);
	shape.style.transform = `translateX(${Math.round(((value % 4000) / 4000) * innerWidth * 0.55)}px)`;
	// Tenths, so that text is laid out ten times a second only.
	const text = (Math.floor(value / 100) / 10).toFixed(1);
	if (text !== shown) clock.textContent = shown = text;
}

let slot = -1;
function frame(now) {
	const ms = Math.max(0, now - zero);
	const at = fps ? Math.floor((ms * fps) / 1000) : slot + 1;
	if (at !== slot) {
		slot = at;
		value = Math.floor(ms);
		paint();
	}
	if (!on('static')) requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
addEventListener('resize', () => {
	strip.size();
	paint();
});
if (!on('silent')) beep(zero);

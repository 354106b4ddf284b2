// Paints a clock that a program can read in each animation frame, and beeps on
// each whole second of the same clock.
//
// The clock is performance.now() less its value when the page began. Beeps are
// scheduled on the audio clock by AudioContext.getOutputTimestamp(), which
// pairs the two clocks at the output; the pairing is averaged, and renewed all
// the time, so the two don't drift apart. No other latency is corrected.
//
// Parameters: videos=N shows N looping videos; fps=N paints N times a second;
// silent=1 makes no sound; static=1 paints once.
'use strict';

const parameters = new URLSearchParams(location.search);
const limit = Number(parameters.get('fps')) || 0;
const still = parameters.has('static');

// The strip of capture/marks: sync, value, checksum, most significant bit first.
const SYNC = [1, 0, 1, 0];
const BITS = 32;
const CHECK = 8;
const MODULUS = 253;
const CELLS = SYNC.length + BITS + CHECK;

const strip = document.getElementById('strip');
const clock = document.getElementById('clock');
const ball = document.getElementById('ball');
const paper = strip.getContext('2d', { alpha: false });

function size() {
	strip.width = innerWidth;
	strip.height = Math.round(innerHeight / 20);
}

function bits(value, count) {
	const out = [];
	for (let i = count - 1; i >= 0; i--) out.push(Math.floor(value / 2 ** i) % 2);
	return out;
}

function paint(ms) {
	const value = Math.max(0, Math.floor(ms));
	const cells = [...SYNC, ...bits(value, BITS), ...bits(value % MODULUS, CHECK)];
	paper.fillStyle = '#000';
	paper.fillRect(0, 0, strip.width, strip.height);
	paper.fillStyle = '#fff';
	cells.forEach((cell, i) => {
		if (!cell) return;
		const left = Math.round((i * strip.width) / CELLS);
		paper.fillRect(left, 0, Math.round(((i + 1) * strip.width) / CELLS) - left, strip.height);
	});
	clock.textContent = `${(value / 1000).toFixed(3).padStart(9)} s`;
	ball.style.transform = `translateX(${((value % 4000) / 4000) * (innerWidth - ball.offsetWidth)}px)`;
}

addEventListener('resize', size);
size();
const zero = performance.now();
let painted = -Infinity;

function frame(now) {
	const ms = now - zero;
	if (!limit || Math.floor((ms * limit) / 1000) !== Math.floor((painted * limit) / 1000)) {
		painted = ms;
		paint(ms);
	}
	if (!still) requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

const people = ['ana', 'ben', 'chloe', 'dev'];
for (let i = 0; i < Number(parameters.get('videos')); i++) {
	const video = document.createElement('video');
	Object.assign(video, { src: `clip/${people[i % people.length]}.webm`, loop: true, muted: true, autoplay: true });
	document.getElementById('videos').append(video);
}

function beepForever() {
	const audio = new AudioContext({ latencyHint: 'interactive', sampleRate: 48000 });
	const pairs = []; // performance.now() less the audio clock, ms
	let next = 1; // second that has no beep yet
	const look = () => {
		const { contextTime, performanceTime } = audio.getOutputTimestamp();
		if (contextTime > 0 && performanceTime > 0) {
			pairs.push(performanceTime - contextTime * 1000);
			if (pairs.length > 60) pairs.shift();
		}
		if (pairs.length < 8) return;
		const offset = pairs.reduce((a, b) => a + b, 0) / pairs.length;
		const now = performance.now() - zero;
		while (next * 1000 < now + 50) next++;
		if (next * 1000 > now + 400) return;
		const at = (next * 1000 + zero - offset) / 1000;
		const tone = new OscillatorNode(audio, { frequency: next % 10 === 0 ? 1500 : 1000 });
		const gain = new GainNode(audio, { gain: 0.5 });
		tone.connect(gain).connect(audio.destination);
		tone.start(at);
		tone.stop(at + 0.06);
		next++;
	};
	setInterval(look, 50);
}
if (!parameters.has('silent') && !still) beepForever();

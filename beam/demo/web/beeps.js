// Beeps on each whole second of a clock that is performance.now() less zero:
// 60 ms of 1000 Hz, 1500 Hz each tenth second.
//
// Which performance.now() a time of the audio clock stands for is found by
// reading both, often. currentTime moves on in steps, when a buffer has been
// rendered, so performance.now() - currentTime falls at each step and rises
// until the next; its lowest value, just after a step, is what every buffer has
// in common, and a reading that comes late because the machine is busy can only
// be higher. So the lowest of the last seconds is taken, again and again: the
// two clocks differ by up to a few parts in 10,000, and so never drift apart.
// The time that the sound needs from there to the output is not corrected:
// it is part of what a recording of this page measures.
const WINDOW = 4000; // ms, of readings
const READ = 15; // ms, between readings; not a divisor of a usual buffer
const AHEAD = 400; // ms, by which a beep is scheduled before it is due
const LENGTH = 0.06; // s
const EDGE = 0.001; // s, attack and decay

export function beep(zero) {
	const audio = new AudioContext({ latencyHint: 'interactive', sampleRate: 48000 });
	const sounds = new Map([1000, 1500].map((hz) => [hz, render(audio, hz)]));
	const readings = []; // [performance.now(), that less currentTime], ms
	let next = 1; // the first second that is not scheduled
	setInterval(() => {
		const now = performance.now();
		const time = audio.currentTime * 1000;
		if (audio.state !== 'running' || time === 0) {
			readings.length = 0;
			return;
		}
		readings.push([now, now - time]);
		while (readings[0][0] < now - WINDOW) readings.shift();
		if (readings.length < 20) return;
		next = Math.max(next, Math.ceil((now - zero + 50) / 1000));
		const due = zero + next * 1000;
		if (due > now + AHEAD) return;
		const offset = readings.reduce((least, [, d]) => Math.min(least, d), Infinity);
		const source = new AudioBufferSourceNode(audio, { buffer: sounds.get(next % 10 === 0 ? 1500 : 1000) });
		source.connect(audio.destination);
		source.start((due - offset) / 1000);
		next++;
	}, READ);
	// Without the flag that allows it, a page is not heard before a click.
	if (audio.state !== 'running') addEventListener('click', () => audio.resume(), { once: true });
}

function render(audio, hz) {
	const buffer = audio.createBuffer(1, Math.round(LENGTH * audio.sampleRate), audio.sampleRate);
	const samples = buffer.getChannelData(0);
	for (let n = 0; n < samples.length; n++) {
		const t = n / audio.sampleRate;
		samples[n] = 0.5 * Math.min(1, t / EDGE, (LENGTH - t) / EDGE) * Math.sin(2 * Math.PI * hz * t);
	}
	return buffer;
}

// Runs in each frame of the people's browser before the scripts of the app, after a line that
// defines CAST: who there is, in order, each with a name, a colour and the pitch of a tone.
// A frame of the name person-N is that person: what it takes for camera, microphone and screen
// are a flat colour, a steady tone, and a picture of which nothing can be cut off unnoticed.
(() => {
	const paints = (width, height, rate, draw) => {
		const canvas = Object.assign(document.createElement('canvas'), { width, height });
		const pen = canvas.getContext('2d', { alpha: false });
		let count = 0;
		const paint = () => draw(pen, count++);
		paint();
		const [track] = canvas.captureStream(rate).getVideoTracks();
		const timer = setInterval(() => (track.readyState === 'ended' ? clearInterval(timer) : paint()), 1000 / rate);
		return track;
	};
	const fill = (pen, colour, ...rect) => {
		pen.fillStyle = colour;
		pen.fillRect(...rect);
	};
	// The white mark moves, so that each picture differs from the one before.
	const camera = (of) => paints(640, 360, 15, (pen, count) => {
		fill(pen, of.colour, 0, 0, 640, 360);
		fill(pen, '#ffffff', 40 + ((count * 12) % 520), 170, 24, 24);
	});
	const screen = () => paints(1280, 720, 5, (pen, count) => {
		fill(pen, CAST.screen.colour, 0, 0, 1280, 720);
		for (const x of [0, 1280 - CAST.screen.corner]) {
			for (const y of [0, 720 - CAST.screen.corner]) fill(pen, CAST.screen.cornerColour, x, y, CAST.screen.corner, CAST.screen.corner);
		}
		fill(pen, '#ffffff', 200 + ((count * 40) % 800), 350, 60, 20);
	});
	// One person at a time is loud, 12 dB above the others; a step would be a click, which is
	// something of all tones.
	const voice = (of) => {
		const context = new AudioContext();
		const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
		const gain = new GainNode(context, { gain: 0.06 });
		const tone = new OscillatorNode(context, { frequency: of.hz });
		tone.connect(gain).connect(out);
		tone.start();
		context.resume();
		return { track: out.stream.getAudioTracks()[0], loud: (yes) => gain.gain.setTargetAtTime(yes ? 0.24 : 0.06, context.currentTime, 0.03) };
	};
	window.studio = { camera, screen, voice };

	const number = /^person-(\d+)$/.exec(window.name)?.[1];
	if (number === undefined) return;
	const me = CAST.people[number];
	const mine = voice(me);
	const person = { name: me.name, voice: mine.track, loud: mine.loud };
	// The app says by enter() that this person is there for all others.
	person.entered = new Promise((resolve) => { person.enter = resolve; });
	window.person = person;
	const devices = navigator.mediaDevices;
	devices.getUserMedia = async (wish) => new MediaStream([...(wish.video ? [camera(me)] : []), ...(wish.audio ? [mine.track] : [])]);
	devices.getDisplayMedia = async () => new MediaStream([screen()]);
	devices.enumerateDevices = async () => ['videoinput', 'audioinput'].map((kind) => ({ kind, deviceId: kind, groupId: 'g', label: kind }));
})();

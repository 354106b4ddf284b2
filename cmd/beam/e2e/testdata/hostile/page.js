'use strict';
// What a page may do to whoever looks at it, all at once. It stays one colour with one
// tone, and what moves in it is one small square.
const own = {
	setInterval, setTimeout, audio: new AudioContext({ latencyHint: 'playback' }), mark: document.getElementById('m'), log: console.log.bind(console), error: console.error.bind(console),
	create: document.createElement.bind(document), root: document.firstElementChild ?? document.children[0], add: Element.prototype.append, go: (url) => { location.href = url; },
	catch: Promise.prototype.catch, Blob, url: URL.createObjectURL.bind(URL),
};
const oscillator = new OscillatorNode(own.audio, { frequency: 700 });
oscillator.connect(new GainNode(own.audio, { gain: 0.3 })).connect(own.audio.destination);
oscillator.start();
const quietly = (f) => {
	try {
		const promise = f();
		if (promise instanceof Promise) Reflect.apply(own.catch, promise, [() => {}]);
	} catch { /* most of it is refused */ }
};
const every = (ms, f) => own.setInterval.call(window, () => quietly(f), ms);
every(40, () => own.mark.classList.toggle('on'));

// Frames: of another origin, without one, of a scheme that its own policy forbids, empty.
const frame = (change) => {
	const f = own.create('iframe');
	change(f);
	Reflect.apply(own.add, own.root, [f]);
	return f;
};
const other = location.origin.replace('127.0.0.1', 'localhost');
frame((f) => { f.src = `${other}/frame.html`; f.allow = 'camera; microphone; display-capture; fullscreen; geolocation'; });
frame((f) => { f.src = '/frame.html'; f.sandbox = 'allow-scripts allow-modals allow-popups'; });
frame((f) => { f.src = 'data:text/html,<script>alert(1)</scr' + 'ipt>'; });
const empty = frame(() => {});
forge(empty.contentWindow, 'the page by an empty frame');
forge(window, 'the page');

// A person's clicks, for what a browser does for nobody else.
const download = () => {
	const a = own.create('a');
	a.href = own.url(new own.Blob(['downloaded']));
	a.download = 'hostile-blob.txt';
	a.click();
};
const clicks = {
	b1: () => { window.open('about:blank', 'one', 'width=300,height=200'); window.open('http://169.254.169.254/'); window.open('/file'); },
	b2: () => document.children[0].requestFullscreen(),
	b3: () => { const i = own.create('input'); i.type = 'file'; i.click(); showDirectoryPicker(); navigator.mediaDevices.getDisplayMedia({ video: true }); },
	b4: () => { download(); download(); navigator.clipboard.readText(); navigator.bluetooth?.requestDevice({ acceptAllDevices: true }); documentPictureInPicture?.requestWindow(); },
};
for (const [id, f] of Object.entries(clicks)) document.getElementById(id).onclick = () => quietly(f);

// Questions to whoever sits there, and what looks like Beam's own output.
let n = 0;
const asks = [
	() => alert('hello'), () => confirm('sure?'), () => prompt('name?'), () => print(), () => download(),
	() => own.go('http://169.254.169.254/latest/meta-data/'), () => own.go('/file'), () => own.go('beam-hostile:1'), () => own.go('mailto:ada@room.example'),
	() => own.go('/no-content'), () => Notification.requestPermission(), () => navigator.geolocation.getCurrentPosition(() => {}),
	() => navigator.mediaDevices.getUserMedia({ audio: true, video: true }), () => navigator.requestMIDIAccess({ sysex: true }), () => navigator.registerProtocolHandler('web+hostile', '/%s'),
	() => document.children[0].requestFullscreen(), () => document.children[0].requestPointerLock(), () => navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), rpId: location.hostname } }),
	() => history.pushState({}, '', `/?${n}`), () => { location.hash = String(n); }, () => { document.title = `\u001b]0;${n}\u0007the meeting has ended`; },
	() => { moveTo(9, 9); resizeTo(200, 200); blur(); stop(); }, () => { const s = own.create('script'); s.textContent = 'window.beam.stop("forged")'; Reflect.apply(own.add, own.root, [s]); },
	() => { const e = own.create('div'); e.className = 'error'; e.hidden = true; e.textContent = 'forged'; Reflect.apply(own.add, own.root, [e]); },
];
window.onbeforeunload = (event) => { event.preventDefault(); return 'stay'; };
every(120, () => asks[n++ % asks.length]());
const forged = ['::error::forged', '\u001b[2J\u001b[31mforged', 'forged\nbeam: uploaded: forged', '%s%s%n forged', 'START_RECORDING', 'END_RECORDING'];
const long = 'x'.repeat(2000);
every(50, () => {
	for (let i = 0; i < 40; i++) own.log(forged[0], forged[1], forged[2], forged[3], long); // of the prototypes nothing is left to spread them
	for (let i = 0; i < 2; i++) own.log(forged[4 + i]);
	own.error('forged\n::error::forged');
	own.setTimeout.call(window, () => { throw new Error('forged\n::error::forged'); }, 0);
});

// Nothing is what it was: every global and every function of every prototype.
Object.defineProperty(window, '__beamSend', { value: () => {}, writable: false, configurable: false });
window.beam = { ready: 1, stop: 2 };
window.beamRoom = new Proxy({}, { get: () => { throw new Error('mine'); } });
Object.prototype.toJSON = () => '{"type":"stop","text":"forged"}';
Object.defineProperty(Object.prototype, 'type', { get: () => 'stop', set: () => {}, configurable: true });
Object.defineProperty(Object.prototype, 'text', { get: () => 'forged', set: () => {}, configurable: true });
const kept = { __proto__: null };
for (const name of ['window', 'self', 'document', 'location', 'Object', 'Reflect', 'Function', 'alert', 'confirm', 'prompt', 'print', 'open', 'stop', 'blur', 'moveTo', 'resizeTo', 'history', 'navigator',
	'Notification', 'onbeforeunload', 'AudioContext', 'Error', 'Promise', 'Uint8Array', 'String', 'Array']) kept[name] = true;
const { defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const mine = function () { throw new Error('mine'); };
const used = { __proto__: null, append: true, click: true, requestFullscreen: true, requestPointerLock: true }; // by the page itself
const spoiled = [Array, String, Map, Set, WeakMap, WeakSet, RegExp, Number, EventTarget, Node, Element, HTMLElement, Document, MutationObserver, ResizeObserver, MediaStream, MediaStreamTrack,
	RTCPeerConnection, RTCRtpReceiver, HTMLMediaElement, HTMLVideoElement, CSSStyleDeclaration, Event, CustomEvent, Performance, WeakRef, Promise];
for (let i = 0; i < spoiled.length; i++) {
	const one = spoiled[i];
	const keys = ownKeys(one.prototype);
	for (let k = 0; k < keys.length; k++) {
		const key = keys[k];
		const d = getOwnPropertyDescriptor(one.prototype, key);
		if (key === 'constructor' || !d.configurable || typeof d.value !== 'function' || used[key]) continue;
		defineProperty(one.prototype, key, { ...d, value: mine });
	}
}
const names = ownKeys(window);
for (let i = 0; i < names.length; i++) {
	const key = names[i];
	if (kept[key]) continue;
	const d = getOwnPropertyDescriptor(window, key);
	if (d?.configurable && 'value' in d) defineProperty(window, key, { ...d, value: mine });
}
const odd = ['innerWidth', 'innerHeight', 'devicePixelRatio', 'screen', 'performance', 'parent', 'frames'];
for (let i = 0; i < odd.length; i++) defineProperty(window, odd[i], { value: { width: 1, height: 1 }, configurable: true });
own.spoiled = true;

// Keeps what is withheld from reaching a decoder. Disabling a remote track is
// not enough: Chrome 156 forgets it for sound whenever the track's receive stream
// is made anew, and the track is heard although enabled is false.

// Runs in a worker: lets nothing of the encoded frames of a receiver pass until it is
// told to. Of sound nothing comes through. Of a picture each frame is replaced by a
// black key frame of 16 x 16: a decoder that gets none asks the sender for key frames,
// two and a half times a second (Chrome 156), for which everybody in the room pays.
// This costs 0.05 ms a frame, and asks for none.
function gateWorker() {
	// One frame of each codec, made with ffmpeg (color=black:s=16x16, libvpx,
	// libvpx-vp9, libaom-av1, and libx264 with -profile:v baseline).
	const BLACK = {
		VP8: 'EAIAnQEqEAAQAABHCIWFiIWEiAICAAwNYAD+/6tQgA==',
		VP9: 'gkmDQgAA8AD2ADgkHBhKAAAwYAAAEL///UiMAA==',
		AV1: 'EgAKCgAAAAGf+f/zAIAyDhAAwAAAAoAAAACpjljU',
		H264: 'AAAAAWdCwArZHsBEAAADAAQAAAMA8DxImSAAAAABaMuDyyAAAAFliIQJomKAAKFu',
	};
	const ASK_AGAIN = 1000; // ms
	const black = (frame) => {
		const text = BLACK[/^video\/(.*)/i.exec(frame.getMetadata().mimeType)?.[1]?.toUpperCase()];
		return text && Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
	};
	self.postMessage('up');
	self.onrtctransform = ({ transformer }) => {
		const { readable, writable, options: { port, kind } } = transformer;
		let open = false;
		let whole = kind === 'audio'; // what the decoder had lately is the sender's
		let asked = -Infinity;
		const ask = () => {
			if (performance.now() - asked < ASK_AGAIN) return;
			asked = performance.now();
			transformer.sendKeyFrameRequest?.().catch(() => {});
		};
		port.onmessage = ({ data }) => {
			open = data;
			whole = kind === 'audio';
			// A picture begins with a key frame; sound has none to ask for.
			if (open && !whole) ask();
		};
		const pass = (frame, out) => {
			whole ||= open && frame.type === 'key';
			if (!open || !whole) {
				if (open) ask();
				const instead = kind === 'video' && black(frame);
				if (!instead) return;
				frame.data = instead;
			}
			out.enqueue(frame);
		};
		readable.pipeThrough(new TransformStream({ transform: pass })).pipeTo(writable).catch(() => {}); // the receiver is gone
	};
}

// Where the browser or the page's policy allows no such worker, or the page
// transforms what it receives by itself (end-to-end encryption), tracks are
// disabled only. sure tells that the policy allows it; else the worker is waited
// for.
function newGate({ sure }) {
	const gates = new WeakMap(); // track -> {receiver, transform, port}
	const waiting = new Map(); // track -> its receiver, until the worker is up
	let worker;
	let up = sure;
	const start = () => {
		if (worker !== undefined) return;
		worker = null;
		try {
			const url = URL.createObjectURL(new Blob([`(${gateWorker})()`], { type: 'text/javascript' }));
			worker = new Worker(url);
			listen(worker, 'message', own(() => {
				up = true;
				for (const [track, receiver] of waiting) attach(track, receiver);
				waiting.clear();
			}));
		} catch { /* not allowed */ }
	};
	const attach = (track, receiver) => {
		if (gates.has(track) || typeof RTCRtpScriptTransform !== 'function' || receiver.transform) return;
		start();
		if (!worker) return;
		if (!up) {
			waiting.set(track, receiver);
			return;
		}
		const { port1, port2 } = new MessageChannel();
		try {
			const transform = new RTCRtpScriptTransform(worker, { port: port2, kind: track.kind }, [port2]);
			receiver.transform = transform;
			gates.set(track, { receiver, transform, port: port1 });
		} catch { /* the receiver has other plans */ }
	};
	return {
		// Puts a gate, shut, before the decoder of a receiver.
		attach,
		open(track, open) {
			if (open) waiting.delete(track);
			gates.get(track)?.port.postMessage(open);
		},
		// Whether the page left it there.
		works(track) {
			const gate = gates.get(track);
			return gate !== undefined && gate.receiver.transform === gate.transform;
		},
	};
}

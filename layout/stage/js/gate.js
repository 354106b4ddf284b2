// Keeps what is withheld from reaching a decoder. Disabling a remote track is
// not enough: Chrome 156 forgets it for sound whenever the track's receive stream
// is made anew, and the track is heard although enabled is false.

// Runs in a worker: lets nothing of the encoded frames of a receiver pass until it is
// told to. Of sound nothing comes through. Of a picture each frame is replaced by a
// black key frame of 16 x 16: a decoder that gets none asks the sender for key frames,
// two and a half times a second (Chrome 156), for which everybody in the room pays.
// This costs 0.05 ms a frame, and asks for none.
//
// Where tracks are recorded, what passes is handed to Beam as well, in batches: "M", a
// line of JSON, and the bytes of all its frames in base64. With decode false the
// decoder gets black frames all the same.
function gateWorker() {
	const BATCH = 100; // ms
	const MOST = 512 * 1024; // bytes of a batch
	const epoch = (ms) => performance.timeOrigin + ms;
	const base64 = (bytes) => {
		if (bytes.toBase64) return bytes.toBase64();
		let text = '';
		for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
		return btoa(text);
	};
	let heads = [];
	let parts = [];
	let size = 0;
	const flush = () => {
		if (heads.length === 0) return;
		const all = new Uint8Array(size);
		let at = 0;
		for (const part of parts) {
			all.set(part, at);
			at += part.length;
		}
		self.postMessage(`M${JSON.stringify({ now: epoch(performance.now()), frames: heads })}\n${base64(all)}`);
		[heads, parts, size] = [[], [], 0];
	};
	const give = (number, frame) => {
		const { rtpTimestamp, receiveTime, mimeType, width, height, synchronizationSource } = frame.getMetadata();
		const bytes = new Uint8Array(frame.data.slice(0));
		if (heads.length === 0) setTimeout(flush, BATCH);
		heads.push([number, rtpTimestamp ?? frame.timestamp, epoch(receiveTime ?? performance.now()), frame.type === 'key' ? 1 : 0, bytes.length, mimeType ?? '', width ?? 0, height ?? 0, synchronizationSource ?? 0]);
		parts.push(bytes);
		size += bytes.length;
		if (size > MOST) flush();
	};
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
		const { readable, writable, options: { port, kind, number, decode } } = transformer;
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
			if (open && !whole) ask();
			if (open && whole && number !== undefined) give(number, frame);
			if (!open || !whole || !decode) {
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
//
// tracks says whether all tracks are recorded apart, and whether they are decoded: ""
// for no, "with" and "only". give gets the batches of the worker.
function newGate({ sure, tracks = '', give }) {
	const id = `${Math.random().toString(36).slice(2, 10)}.`;
	let made = 0;
	const gates = new WeakMap(); // track -> {receiver, transform, port, number}
	const waiting = new Map(); // track -> its receiver, until the worker is up
	let worker;
	let up = sure;
	const start = () => {
		if (worker !== undefined) return;
		worker = null;
		try {
			const url = URL.createObjectURL(new Blob([`(${gateWorker})()`], { type: 'text/javascript' }));
			worker = new Worker(url);
			listen(worker, 'message', own(({ data }) => {
				if (data !== 'up') {
					give(data);
					return;
				}
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
			const number = tracks ? id + ++made : undefined;
			const decode = tracks !== 'only' || track.kind === 'audio';
			const transform = new RTCRtpScriptTransform(worker, { port: port2, kind: track.kind, number, decode }, [port2]);
			receiver.transform = transform;
			gates.set(track, { receiver, transform, port: port1, number });
		} catch { /* the receiver has other plans */ }
	};
	return {
		// Puts a gate, shut, before the decoder of a receiver.
		attach,
		open(track, open) {
			if (open) waiting.delete(track);
			gates.get(track)?.port.postMessage(open);
		},
		// The name under which a track's frames are handed to Beam.
		number: (track) => gates.get(track)?.number,
		// Whether the page left it there.
		works(track) {
			const gate = gates.get(track);
			return gate !== undefined && gate.receiver.transform === gate.transform;
		},
	};
}

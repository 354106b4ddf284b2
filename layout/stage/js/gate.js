// Keeps what is withheld from being decoded at all. Disabling a remote track is
// not enough: Chrome 156 forgets it for sound whenever the track's receive stream
// is made anew, and the track is heard although enabled is false.

// Runs in a worker: drops the encoded frames of a receiver until it is told to
// let them pass.
function gateWorker() {
	self.postMessage('up');
	self.onrtctransform = ({ transformer }) => {
		const { readable, writable, options: { port } } = transformer;
		let open = false;
		port.onmessage = ({ data }) => {
			open = data;
			// A picture begins with a key frame; sound has none to ask for.
			if (open) transformer.sendKeyFrameRequest?.().catch(() => {});
		};
		const drop = new TransformStream({ transform(frame, out) { if (open) out.enqueue(frame); } });
		readable.pipeThrough(drop).pipeTo(writable).catch(() => {}); // the receiver is gone
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
			const transform = new RTCRtpScriptTransform(worker, { port: port2 }, [port2]);
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

// Keeps what is withheld from being decoded at all. Disabling a remote track is
// not enough: Chrome 156 forgets it for sound whenever the track's receive stream
// is made anew, and the track is heard although enabled is false.

// Runs in a worker: drops the encoded frames of a receiver until it is told to
// let them pass.
function gateWorker() {
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
// disabled only.
function newGate() {
	const ports = new WeakMap(); // track -> port of its receiver's gate
	let worker;
	const start = () => {
		if (worker !== undefined) return;
		worker = null;
		try {
			const url = URL.createObjectURL(new Blob([`(${gateWorker})()`], { type: 'text/javascript' }));
			worker = new Worker(url);
		} catch { /* not allowed */ }
	};
	return {
		// Puts a gate, shut, before the decoder of a receiver.
		attach(track, receiver) {
			if (ports.has(track) || typeof RTCRtpScriptTransform !== 'function' || receiver.transform) return;
			start();
			if (!worker) return;
			const { port1, port2 } = new MessageChannel();
			try {
				receiver.transform = new RTCRtpScriptTransform(worker, { port: port2 }, [port2]);
				ports.set(track, port1);
			} catch { /* the receiver has other plans */ }
		},
		open(track, open) { ports.get(track)?.postMessage(open); },
	};
}

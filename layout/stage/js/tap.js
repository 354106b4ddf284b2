// Finds the remote media of a frame.

// Puts a proxy before a constructor of this window, so that each object is seen
// before the page gets it.
function wrapConstructor(name, seen) {
	const original = window[name];
	if (!original) return;
	const proxy = new Proxy(original, {
		construct(target, args, newTarget) {
			const made = Reflect.construct(target, args, newTarget);
			seen(made, args);
			return made;
		},
	});
	window[name] = proxy;
	// Or an object would give away the constructor without the proxy.
	Object.defineProperty(original.prototype, 'constructor', { value: proxy, writable: true, configurable: true });
}

// Taps this frame. arrived is called with each remote track, and its receiver
// where that may get a gate, before any handler of the page is; changed after
// anything about remote tracks has changed.
function tapFrame({ arrived, changed }) {
	const peers = new Set();
	const entries = new Map(); // receiver -> what is known of it
	const watched = new WeakSet();
	const own = new WeakSet(); // peers whose receivers can have no gate
	let sockets = 0;

	const watch = (target, ...events) => {
		if (watched.has(target)) return;
		watched.add(target);
		for (const event of events) target.addEventListener(event, changed);
	};
	const onTrack = (peer) => ({ receiver, track, streams, transceiver }) => {
		let entry = entries.get(receiver);
		if (!entry) {
			entry = { receiver, track, peer, transceiver, streams: new Set() };
			entries.set(receiver, entry);
		}
		for (const stream of streams) {
			entry.streams.add(stream);
			watch(stream, 'addtrack', 'removetrack');
		}
		watch(track, 'mute', 'unmute', 'ended');
		arrived(track, own.has(peer) ? undefined : receiver);
		changed();
	};
	const addPeer = (peer, [configuration]) => {
		peers.add(peer);
		// The page takes the encoded frames itself.
		if (configuration?.encodedInsertableStreams) own.add(peer);
		peer.addEventListener('track', onTrack(peer));
		peer.addEventListener('connectionstatechange', changed);
	};
	// The other name is an alias of the same constructor.
	const sameName = window.webkitRTCPeerConnection === window.RTCPeerConnection;
	wrapConstructor('RTCPeerConnection', addPeer);
	if (sameName && window.RTCPeerConnection) window.webkitRTCPeerConnection = window.RTCPeerConnection;
	else wrapConstructor('webkitRTCPeerConnection', addPeer);
	wrapConstructor('WebSocket', () => { sockets++; });

	// Remote tracks that are being received. A closed peer fires no event, so
	// whoever wants to know has to ask now and then.
	const tracks = () => {
		const found = [];
		for (const [receiver, { track, peer, transceiver, streams }] of entries) {
			if (peer.connectionState === 'closed' || track.readyState === 'ended') {
				entries.delete(receiver);
				continue;
			}
			const direction = transceiver?.currentDirection;
			if (direction === 'inactive' || direction === 'sendonly' || direction === 'stopped') continue;
			const ids = [...streams].filter((stream) => stream.getTracks().includes(track)).map((stream) => stream.id);
			found.push({ track, kind: track.kind, trackId: track.id, streams: ids, streamId: ids[0] ?? '', receiver, peer });
		}
		return found;
	};
	return {
		tracks,
		// A window goes on with another document when its first, empty one is replaced.
		get document() { return document; },
		alive: () => document.defaultView !== null,
		peers: () => {
			for (const peer of peers) if (peer.connectionState === 'closed') peers.delete(peer);
			return peers;
		},
		opened: () => peers.size > 0,
		sockets: () => sockets,
		resources: () => performance.getEntriesByType('resource').length,
	};
}

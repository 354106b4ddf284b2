// Finds the remote media of a frame.

// Puts a proxy before a constructor of this window, so that each object is seen
// before the page gets it.
function wrapConstructor(name, seen) {
	const original = window[name];
	if (!original) return;
	const { construct } = Reflect;
	const proxy = new Proxy(original, {
		construct(target, args, newTarget) {
			const made = construct(target, args, newTarget);
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
	// A page may make a connection for each person that ever comes, and close it:
	// nothing here keeps one that is closed, or that the page has let go.
	const peers = new Set(); // weak references
	const numbers = new WeakMap(); // peer -> number
	const born = new WeakMap(); // peer -> ms
	const entries = new Map(); // receiver -> what is known of it
	const watched = new WeakSet();
	const gated = new WeakSet(); // peers whose receivers can have no gate
	const players = newPlayers();
	let sockets = 0;
	let made = 0;
	let arrivals = 0;

	const watch = (target, ...events) => {
		if (watched.has(target)) return;
		watched.add(target);
		for (const event of events) listen(target, event, onChange);
	};
	const onChange = own(() => changed());
	const onTrack = own(({ target: peer, receiver, track, streams, transceiver }) => {
		let entry = entries.get(receiver);
		if (!entry) {
			entry = { receiver, track, peer, transceiver, streams: new Set(), first: streams[0]?.id ?? '', since: ++arrivals, carried: false, content: undefined };
			entries.set(receiver, entry);
			listen(track, 'unmute', own(() => { entry.carried = true; }));
		}
		// A line that somebody left is used again, with the same receiver and track.
		if (entry.streams.size > 0 && streams.length > 0 && !streams.some((stream) => entry.streams.has(stream))) {
			Object.assign(entry, { first: streams[0].id, since: ++arrivals, content: undefined });
		}
		for (const stream of streams) {
			entry.streams.add(stream);
			watch(stream, 'addtrack', 'removetrack');
		}
		watch(track, 'mute', 'unmute', 'ended');
		arrived(track, gated.has(peer) ? undefined : receiver);
		changed();
	});
	const addPeer = own((peer, [configuration]) => {
		for (const ref of peers) if (closed(ref)) peers.delete(ref);
		peers.add(new WeakRef(peer));
		numbers.set(peer, ++made);
		born.set(peer, performance.now());
		// The page takes the encoded frames itself.
		if (configuration?.encodedInsertableStreams) gated.add(peer);
		listen(peer, 'track', onTrack);
		listen(peer, 'connectionstatechange', onChange);
	});
	const closed = (ref) => (ref.deref()?.connectionState ?? 'closed') === 'closed';
	// The other name is an alias of the same constructor.
	const sameName = window.webkitRTCPeerConnection === window.RTCPeerConnection;
	wrapConstructor('RTCPeerConnection', addPeer);
	if (sameName && window.RTCPeerConnection) window.webkitRTCPeerConnection = window.RTCPeerConnection;
	else wrapConstructor('webkitRTCPeerConnection', addPeer);
	wrapConstructor('WebSocket', () => { sockets++; });

	// The lines of the peers (m= sections of RFC 8829) that have or had a remote
	// track, in the order of each peer. A closed peer fires no event, so whoever wants
	// to know has to ask now and then.
	const lines = () => {
		const places = new Map(); // peer -> its transceivers
		const found = [];
		for (const [receiver, entry] of entries) {
			const { track, peer, transceiver, streams } = entry;
			if (peer.connectionState === 'closed' || track.readyState === 'ended') {
				entries.delete(receiver);
				continue;
			}
			if (!places.has(peer)) places.set(peer, new Map(peer.getTransceivers().map((one, i) => [one, i])));
			const direction = transceiver?.currentDirection;
			entry.carried ||= !track.muted;
			const dropped = players.dropped(track);
			const ids = [...streams].filter((stream) => stream.getTracks().includes(track)).map((stream) => stream.id);
			found.push({
				track, kind: track.kind, trackId: track.id, streams: ids, streamId: ids[0] ?? '', first: entry.first, since: entry.since, receiver, peer,
				peerId: numbers.get(peer), line: places.get(peer).get(transceiver) ?? 0, connected: peer.connectionState === 'connected', gateable: !gated.has(peer),
				receiving: direction !== 'inactive' && direction !== 'sendonly' && direction !== 'stopped',
				carried: entry.carried, muted: track.muted, dropped, content: entry.content,
				state: `${track.id} ${track.muted} ${dropped} ${direction} ${peer.connectionState} ${ids.join(',')}`,
				note: (content) => { entry.content = content; },
			});
		}
		return found.sort((a, b) => a.peerId - b.peerId || a.line - b.line);
	};
	return {
		lines: own(lines),
		// Remote tracks that are being received.
		tracks: own(() => lines().filter(({ receiving }) => receiving)),
		// A window goes on with another document when its first, empty one is replaced.
		get document() { return document; },
		alive: own(() => viewOf(document) !== null),
		// Whether a connection is open that media may come over; a data channel alone,
		// or a test of the network, is none.
		room: own(() => [...peers].some((ref) => !closed(ref) && ref.deref().getTransceivers().some((one) => one.currentDirection !== 'stopped'))),
		// Whether something may be about to begin: a socket, or a young connection.
		begins: own(() => sockets > 0 || [...peers].some((ref) => !closed(ref) && performance.now() - born.get(ref.deref()) < 3000)),
		resources: own(() => performance.getEntriesByType('resource').length),
	};
}

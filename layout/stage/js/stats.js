// Tells Beam what the page paints and how late it plays audio.

const MOST_RECEIVERS = 300;
const SEARCHED = 2000; // elements of a document that are searched for shadow roots at one asking
const STATS_PATIENCE = 1000; // ms for the peer connections to answer

// newStats: frames are those of the hub; stage is drawn over the page, or is off;
// people tells who is shown, with the tracks of their camera and microphone.
function newStats({ frames, stage, people }) {
	const { read, closed } = newVideoReader();
	const { getElementsByTagName } = Document.prototype;
	const { getStats } = window.RTCPeerConnection?.prototype ?? {};
	const { setTimeout, clearTimeout, performance } = window;
	const numbers = new WeakMap(); // of videos, peers and taps
	let last = 0;
	const number = (thing) => {
		if (!numbers.has(thing)) numbers.set(thing, ++last);
		return numbers.get(thing);
	};

	// Open shadow roots are found little by little: a walk through a whole page of
	// 100,000 elements would be felt, and a page that replaces attachShadow must
	// find it as it was.
	const searches = new WeakMap(); // document -> {next, roots, turn}
	const search = (document) => {
		let state = searches.get(document);
		if (!state) searches.set(document, state = { next: 0, roots: new Set(), turn: 0 });
		const found = [];
		const visit = (element) => {
			const root = element.shadowRoot;
			if (!root || state.roots.has(root)) return;
			state.roots.add(root);
			found.push(root);
		};
		const inside = (root) => {
			const all = root.querySelectorAll('*');
			all.forEach(visit);
			return all.length + 1;
		};
		for (const root of state.roots) if (!root.isConnected) state.roots.delete(root);
		const all = getElementsByTagName.call(document, '*');
		if (state.next >= all.length) state.next = 0;
		const end = Math.min(all.length, state.next + SEARCHED);
		while (state.next < end) visit(all[state.next++]);
		// What is found is searched at once, so that nested ones are; known ones again in turn.
		const known = [...state.roots];
		let left = SEARCHED;
		for (let i = 0; i < known.length && left > 0; i++) left -= inside(known[state.turn++ % known.length]);
		while (found.length > 0) inside(found.pop());
		return state.roots;
	};

	const countVideos = () => {
		const videos = [];
		let unseen = 0;
		const look = (elements) => {
			for (const video of elements) {
				if (videos.length >= MOST_VIDEOS) return;
				const counted = read(video);
				if (counted) videos.push({ id: String(number(video)), ...counted });
			}
		};
		if (stage.on()) look(stage.videos());
		else {
			for (const { tap } of frames) {
				look(getElementsByTagName.call(tap.document, 'video'));
				for (const frame of getElementsByTagName.call(tap.document, 'iframe')) if (closed(frame)) unseen++;
				for (const root of search(tap.document)) {
					look(root.querySelectorAll('video'));
					for (const frame of root.querySelectorAll('iframe')) if (closed(frame)) unseen++;
				}
			}
		}
		return { videos, unseen };
	};

	const busy = new WeakSet(); // peers that have not answered yet
	const ask = async (peer, take) => {
		if (busy.has(peer) || !getStats) return;
		busy.add(peer);
		try {
			take(await getStats.call(peer));
		} catch { /* it is closed */ } finally {
			busy.delete(peer);
		}
	};

	// Audio and video that belong together have the same number: those of a person,
	// or else of a stream.
	const pairs = (tracks) => {
		const byTrack = new Map();
		let pair = 0;
		const join = (audio, video) => {
			if (!audio || !video) return;
			byTrack.set(audio, ++pair);
			byTrack.set(video, pair);
		};
		for (const { camera, microphone } of people()) join(microphone, camera);
		const byStream = new Map();
		for (const { track, kind, streamId } of tracks) {
			if (byTrack.has(track) || !streamId) continue;
			if (!byStream.has(streamId)) byStream.set(streamId, {});
			byStream.get(streamId)[kind] ??= track;
		}
		for (const { audio, video } of byStream.values()) join(audio, video);
		return byTrack;
	};

	const measureAudio = async () => {
		const tracks = frames.flatMap(({ tap, withholding }) => tap.tracks()
			.filter(({ track }) => !withholding.withheld(track)).map((t) => ({ ...t, tap })));
		const pairOf = pairs(tracks);
		const byPeer = new Map(); // peer -> {tap, known: track id -> track}
		for (const { peer, tap, track, trackId } of tracks) {
			if (!byPeer.has(peer)) byPeer.set(peer, { tap, known: new Map() });
			byPeer.get(peer).known.set(trackId, track);
		}
		const receivers = [];
		const playouts = new Map(); // tap -> what its frame plays
		const take = (peer, { tap, known }) => (report) => {
			for (const s of report.values()) {
				if (s.type === 'media-playout') {
					// All peers of a frame play through one device.
					playouts.set(tap, {
						id: String(number(tap)), synthesized: s.synthesizedSamplesDuration,
						delay: s.totalPlayoutDelay, samples: s.totalSamplesCount,
					});
				}
				const track = s.type === 'inbound-rtp' ? known.get(s.trackIdentifier) : undefined;
				if (!track || receivers.length >= MOST_RECEIVERS) continue;
				receivers.push({
					id: `${number(peer)}.${s.id}`, audio: s.kind === 'audio', pair: pairOf.get(track) ?? 0,
					playing: s.estimatedPlayoutTimestamp, delay: s.jitterBufferDelay, emitted: s.jitterBufferEmittedCount,
					samples: s.totalSamplesReceived, duration: s.totalSamplesDuration,
					concealed: s.concealedSamples, silent: s.silentConcealedSamples,
				});
			}
		};
		const answers = [...byPeer].map(([peer, about]) => ask(peer, take(peer, about)));
		let timer;
		await Promise.race([Promise.all(answers), new Promise((done) => { timer = setTimeout(done, STATS_PATIENCE); })]);
		clearTimeout(timer);
		return { receivers: receivers.slice(), playouts: [...playouts.values()] };
	};

	return async () => {
		const counted = { origin: performance.timeOrigin, at: performance.now(), tapped: true, ...countVideos() };
		return { ...counted, ...await measureAudio() };
	};
}

// Tells Beam what the page paints and how late it plays audio.

const MOST_RECEIVERS = 300;
const STATS_PATIENCE = 1000; // ms for the peer connections to answer

// newStats: frames are those of the hub; stage is drawn over the page, or is off;
// people tells who is shown, with the tracks of their camera and microphone.
function newStats({ frames, stage, people, find }) {
	const { read, closed } = newVideoReader();
	const { getStats } = RTCPeerConnection?.prototype ?? {};
	const numbers = new WeakMap(); // of videos, peers and taps
	let last = 0;
	const number = (thing) => {
		if (!numbers.has(thing)) numbers.set(thing, ++last);
		return numbers.get(thing);
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
			const documents = frames.map(({ tap }) => tap.document);
			look(find(documents, 'video'));
			for (const frame of find(documents, 'iframe')) if (closed(frame)) unseen++;
		}
		return { videos, unseen };
	};

	const busy = new WeakSet(); // peers that have not answered yet
	const ask = (peer, take) => {
		if (busy.has(peer) || !getStats) return undefined;
		busy.add(peer);
		const free = () => { busy.delete(peer); };
		return getStats.call(peer).then(own(take)).then(own(free), own(free)); // it may be closed
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

	const measureAudio = () => {
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
		const late = new Promise((done) => { timer = setTimeout(done, STATS_PATIENCE); });
		return Promise.race([Promise.all(answers), late]).then(own(() => {
			clearTimeout(timer);
			return { receivers: receivers.slice(), playouts: [...playouts.values()] };
		}));
	};

	return () => {
		const counted = { origin: performance.timeOrigin, at: performance.now(), tapped: true, ...countVideos() };
		return measureAudio().then(own((measured) => ({ ...counted, ...measured })));
	};
}

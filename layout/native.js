function (facts) {
	'use strict';
	// Runs in every frame before the page's own scripts. It tells Beam when
	// there is something to record, and gives the page a way to say so itself.
	const send = (type, text) => {
		try {
			window.__beamSend(JSON.stringify({ type, text: String(text ?? '') }));
		} catch { /* the page was loaded without Beam */ }
	};
	let told = false;
	const ready = (why) => {
		if (told) return;
		told = true;
		clearInterval(timer);
		send('ready', why);
	};
	const api = {
		...facts,
		ready: () => ready('the page said so'),
		stop: (reason) => send('stop', reason),
		fail: (text) => send('fail', text),
	};
	Object.defineProperty(window, 'beam', { value: Object.freeze(api), configurable: true });

	// What the page has opened so far.
	const peers = [];
	let sockets = 0;
	const wrap = (name, seen) => {
		const original = window[name];
		if (!original) return;
		window[name] = new Proxy(original, {
			construct(target, args, newTarget) {
				const made = Reflect.construct(target, args, newTarget);
				seen(made);
				return made;
			},
		});
	};
	wrap('RTCPeerConnection', (peer) => peers.push(peer));
	wrap('WebSocket', () => { sockets++; });

	const top = window.top === window;
	const advancing = new WeakMap();
	let subscribedAt = 0;
	let lastResources = -1;
	let quietSince = 0;
	let loadedAt = 0;

	// A video whose pictures change; its playing state alone would not tell.
	const videoMoves = () => {
		for (const video of document.querySelectorAll('video')) {
			if (!(video.videoWidth > 0) || video.readyState < 2) continue;
			const frames = video.getVideoPlaybackQuality?.().totalVideoFrames ?? video.currentTime;
			const before = advancing.get(video);
			advancing.set(video, frames);
			if (before !== undefined && frames > before) return true;
		}
		return false;
	};
	const subscriptions = () => {
		let audio = 0;
		let video = 0;
		for (const peer of peers) {
			if (peer.connectionState !== 'connected') continue;
			for (const { track } of peer.getReceivers()) {
				if (!track || track.readyState !== 'live' || track.muted) continue;
				if (track.kind === 'audio') audio++;
				else video++;
			}
		}
		return { audio, video };
	};
	const mediaElements = () => {
		for (const el of document.querySelectorAll('video, audio')) {
			if (el.srcObject || el.currentSrc) return true;
		}
		return false;
	};
	const look = () => {
		const now = performance.now();
		if (videoMoves()) return ready('video plays');
		const { audio, video } = subscriptions();
		if (audio + video > 0) {
			subscribedAt ||= now;
			if (video === 0 && now - subscribedAt > 500) return ready('sound is subscribed');
			if (now - subscribedAt > 5000) return ready('media is subscribed');
			return undefined;
		}
		// A page without media, such as a web app under test: it is ready when
		// it has loaded and its network is quiet. A page with a peer connection
		// is a room, and waits for media.
		if (!top || document.readyState !== 'complete' || peers.length > 0) return undefined;
		loadedAt ||= now;
		const resources = performance.getEntriesByType('resource').length;
		if (resources !== lastResources) {
			lastResources = resources;
			quietSince = now;
		}
		// A page that holds a socket open may be about to join, and a media
		// element about to play.
		const patience = sockets > 0 || mediaElements() ? 3000 : 500;
		if (now - Math.max(quietSince, loadedAt) > patience) ready('the page has loaded');
		return undefined;
	};
	const timer = setInterval(look, 100);
}

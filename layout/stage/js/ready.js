// Finds out when there is something to record.

const READY_SOUND = 500; // ms of subscribed sound without a picture
const READY_MEDIA = 5000; // ms of subscribed media that show nothing
const READY_EMPTY = 5000; // ms in a room without media
const READY_QUIET = 500; // ms of a page without media and network
const READY_PATIENT = 3000; // the same, where something may be about to begin

// A test for videos whose pictures change; their playing state alone would not
// tell.
function newMotion() {
	const seen = new WeakMap();
	return (documents) => {
		for (const one of documents) {
			for (const video of one.querySelectorAll('video')) {
				if (!(video.videoWidth > 0) || video.readyState < 2) continue;
				const frames = video.getVideoPlaybackQuality?.().totalVideoFrames ?? video.currentTime;
				const before = seen.get(video);
				seen.set(video, frames);
				if (before !== undefined && frames > before) return true;
			}
		}
		return false;
	};
}

function hasMediaElements(documents) {
	return documents.some((one) => [...one.querySelectorAll('video, audio')].some((el) => el.srcObject || el.currentSrc));
}

// Decides whether what is known makes a page ready: returns why, or ''. memory
// is what decide keeps from call to call; begin with {}. Pure but for memory.
//
//	now        ms
//	waiting    nobody has let the recorder in
//	joinedAt   ms; undefined when no platform's script said so
//	staged     the stage is on, so that only what it shows counts
//	moves      a picture changes: on the stage, or else on the page
//	sounds, pictures  subscribed tracks; of the people who are shown, if that is known
//	people     how many people are shown
//	withheld   how many tracks are withheld
//	room       the page has opened a peer connection
//	page       {loaded, resources, patient}; absent in frames
function decideReady(memory, facts) {
	const { now } = facts;
	if (facts.waiting) return '';
	if (facts.moves) return 'video plays';
	if (facts.sounds + facts.pictures > 0) {
		memory.subscribedAt ??= now;
		if (facts.pictures === 0 && now - memory.subscribedAt > READY_SOUND) return 'sound is subscribed';
		if (now - memory.subscribedAt > READY_MEDIA) return 'media is subscribed';
		return '';
	}
	memory.subscribedAt = undefined;
	if (facts.joinedAt !== undefined || facts.withheld > 0) {
		const since = facts.joinedAt ?? (memory.withheldAt ??= now);
		if (now - since <= READY_EMPTY) return '';
		if (facts.withheld > 0) return 'joined; nobody who is to be recorded sends anything yet';
		return facts.people > 0 ? 'joined; nobody sends anything yet' : 'joined an empty room';
	}
	// A page without media, such as a web app under test: it is ready when it has
	// loaded and its network is quiet. A page with a peer connection is a room, and
	// waits for media.
	if (!facts.page?.loaded || facts.room) return '';
	memory.loadedAt ??= now;
	if (facts.page.resources !== memory.resources) {
		memory.resources = facts.page.resources;
		memory.quietSince = now;
	}
	const patience = facts.page.patient ? READY_PATIENT : READY_QUIET;
	return now - Math.max(memory.quietSince, memory.loadedAt) > patience ? 'the page has loaded' : '';
}

// Counts live tracks of connected peers.
function countTracks(entries) {
	const live = entries.filter(({ peer, track }) => peer.connectionState === 'connected' && track.readyState === 'live' && !track.muted);
	return {
		sounds: live.filter((t) => t.kind === 'audio').length,
		pictures: live.filter((t) => t.kind === 'video').length,
	};
}

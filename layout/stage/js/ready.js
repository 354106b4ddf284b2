// Finds out when there is something to record.

const READY_SOUND = 500; // ms of subscribed sound without a picture
const READY_MEDIA = 5000; // ms of subscribed media that show nothing
const READY_EMPTY = 5000; // ms in a room without media
const READY_CONTENT = 5000; // ms after DOMContentLoaded; longer nobody waits for the load event
const READY_QUIET = 500; // ms of a loaded page without a request
const READY_SETTLED = 2000; // ms after the load event; so long at most for that quiet
const READY_PATIENT = 3000; // the same, where something may be about to begin
const READY_FRAME = 20000; // the same, where a frame of another origin may be the room
const READY_SIGNAL = 10000; // ms of media on a layout page that does not say when it begins

// A test for videos whose pictures change; their playing state alone would not
// tell.
function newMotion() {
	const seen = new WeakMap();
	return (videos) => {
		let moves = false;
		for (const video of videos) {
			if (!(video.videoWidth > 0) || video.readyState < 2) continue;
			const frames = video.getVideoPlaybackQuality?.().totalVideoFrames ?? video.currentTime;
			const before = seen.get(video);
			seen.set(video, frames);
			moves ||= before !== undefined && frames > before;
		}
		return moves;
	};
}

// Decides whether what is known makes a page ready: returns why, or ''. memory
// is what decide keeps from call to call; begin with {}. Pure but for memory.
//
//	now        ms
//	waiting    nobody has let the recorder in
//	joinedAt   ms; undefined when no platform's script said so
//	custom     a layout page, which says when it begins
//	moves      a picture changes: on the stage, or else on the page
//	sounds, pictures  subscribed tracks; of the people who are shown, if that is known
//	people     how many people are shown
//	withheld   how many tracks are withheld
//	room       media may come over an open peer connection
//	staged     people are drawn, whom a page that has merely loaded has not
//	page       {content, complete, resources, patient, framed}; absent in frames
function decideReady(memory, facts) {
	const { now } = facts;
	if (facts.waiting) return '';
	const media = facts.sounds + facts.pictures > 0;
	if (facts.custom && (facts.moves || media)) {
		memory.mediaAt ??= now;
		return now - memory.mediaAt > READY_SIGNAL ? 'media plays, and the page did not say when it begins' : '';
	}
	if (facts.moves) return 'video plays';
	if (media) {
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
	// A page without media, such as a web app under test. One with a connection for
	// media is a room, and waits for them.
	const loaded = facts.page && isLoaded(memory, facts.page, now);
	return loaded && !facts.room && !facts.staged ? 'the page has loaded' : '';
}

// Whether a page is there as a person would say. Requests that never end, or come
// again and again, hold nobody up.
function isLoaded(memory, page, now) {
	if (!page.content) return false;
	memory.contentAt ??= now;
	if (page.complete) memory.loadedAt ??= now;
	if (page.resources !== memory.resources) {
		memory.resources = page.resources;
		memory.quietSince = now;
	}
	const loaded = now - memory.loadedAt; // NaN before
	if (page.framed) return Math.max(loaded || 0, now - memory.contentAt - READY_CONTENT) > READY_FRAME;
	if (page.patient) return loaded > READY_PATIENT || now - memory.contentAt > READY_CONTENT;
	return (loaded > READY_QUIET && now - memory.quietSince > READY_QUIET) || loaded > READY_SETTLED || now - memory.contentAt > READY_CONTENT;
}

// Counts live tracks of connected peers.
function countTracks(entries) {
	const live = entries.filter(({ peer, track }) => peer.connectionState === 'connected' && track.readyState === 'live' && !track.muted);
	return {
		sounds: live.filter((t) => t.kind === 'audio').length,
		pictures: live.filter((t) => t.kind === 'video').length,
	};
}

// Finds out whether a camera is on, where nobody tells.

const PULSE_EVERY = 1000; // ms
const PULSE_GONE = 4000; // ms without a new picture
const PULSE_SEEN = 5; // pictures before: what never moved is no camera that stopped
const BLACK_FOR = 3; // looks in a row
const BLACKEST = 18; // luma of video range (BT.601: black is 16), with what an encoder adds
const BLACK_ROWS = [0.2, 0.5, 0.8]; // of the picture's height, that are looked at

// newPulse watches the pictures of a tile. Chrome fires nothing when a sender stops its
// pictures without signalling (replaceTrack(null), an inactive encoding), and keeps the
// last one; a track that is disabled at the sender comes as black pictures, exactly
// black, as no camera in the dark sends.
function newPulse() {
	let looked = -Infinity;
	let frames = 0;
	let moved = 0; // ms; when there was a new one
	let black = 0; // looks in a row that found nothing but black
	let busy = false;
	let alive = true;

	const lookFor = (video) => {
		if (busy || !VideoFrame) return;
		let frame;
		try {
			frame = new VideoFrame(video);
		} catch { // it has no picture now
			return;
		}
		const done = own((dark) => {
			busy = false;
			black = dark ? black + 1 : 0;
			frame.close();
		});
		if (!/^(I420|NV12|I420A)$/.test(frame.format ?? '')) {
			frame.close();
			return;
		}
		busy = true;
		isBlack(frame).then(done, () => done(false));
	};
	return {
		begin() {
			[looked, frames, moved, black, alive] = [-Infinity, 0, performance.now(), 0, true];
		},
		// Whether the camera seems to be on. now is in ms.
		beats(video, now) {
			// A machine that had no time to look can't tell.
			const late = now - looked > 2 * PULSE_EVERY;
			if (now - looked < PULSE_EVERY) return alive;
			looked = now;
			const total = video.getVideoPlaybackQuality().totalVideoFrames;
			if (total !== frames || late) moved = now;
			frames = total;
			lookFor(video);
			alive = (now - moved < PULSE_GONE || frames < PULSE_SEEN) && black < BLACK_FOR;
			return alive;
		},
	};
}

// Looks at some rows of a frame's luma alone; nothing is converted or scaled.
function isBlack(frame) {
	const { x, y, width, height } = frame.visibleRect;
	const even = (value) => Math.floor(value / 2) * 2;
	const rows = BLACK_ROWS.map((part) => {
		const rect = { x: even(x), y: even(y + height * part), width: Math.max(2, even(width)), height: 2 };
		const bytes = new Uint8Array(4 * rect.width + 16);
		return frame.copyTo(bytes, { rect, layout: layoutOf(frame.format, rect.width) })
			.then(own(() => bytes.subarray(0, 2 * rect.width).every((luma) => luma <= BLACKEST)));
	});
	return Promise.all(rows).then(own((dark) => dark.every(Boolean)));
}

// Where copyTo puts the planes of two rows: luma first, one row after the other.
function layoutOf(format, width) {
	const chroma = { offset: 2 * width, stride: format === 'NV12' ? width : width / 2 };
	if (format === 'NV12') return [{ offset: 0, stride: width }, chroma];
	const planes = [{ offset: 0, stride: width }, chroma, { offset: 2.5 * width, stride: width / 2 }];
	return format === 'I420A' ? [...planes, { offset: 3 * width, stride: width }] : planes;
}

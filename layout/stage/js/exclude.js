// Keeps people out of picture and sound: whose tracks are withheld.

// newExclusion: frames are those of the hub; find finds elements.
function newExclusion(frames, find) {
	const hidden = new WeakSet(); // videos
	let begun = false; // there has been a filter
	let held = 0; // tracks

	// Lets go the tracks of whoever is shown, and withholds all others; without a filter
	// none is withheld.
	const apply = (people, shown, filtering) => {
		held = 0;
		begun ||= filtering;
		if (!begun) return;
		const passes = (p) => !filtering || shown.has(p.id);
		const free = new Set();
		const loose = new Map(); // tracks that no frame received
		for (const p of people) {
			if (p.self) continue; // what the recorder sends is nobody's business
			for (const { track } of p.media) {
				if (!track) continue;
				const home = frames.find(({ withholding }) => withholding.group(track)) ?? frames[0];
				const group = home.withholding.group(track, true);
				loose.set(group, { home, track });
				if (passes(p)) free.add(group);
			}
		}
		// A track of two people, of whom one doesn't pass, is heard of neither.
		for (const p of people) {
			if (passes(p) || p.self) continue;
			for (const { track } of p.media) {
				if (!track) continue;
				for (const { withholding } of frames) free.delete(withholding.group(track));
			}
		}
		for (const { home, track } of loose.values()) home.withholding.withhold(track, !free.has(home.withholding.group(track)));
		for (const { tap, withholding } of frames) {
			for (const { track, receiver, gateable } of tap.tracks()) {
				const hold = filtering && !free.has(withholding.group(track, true));
				withholding.withhold(track, hold, gateable ? receiver : undefined);
				if (hold) held++;
			}
		}
	};
	// In the page's own interface, pictures that are withheld leave no black hole.
	const hideVideos = () => {
		if (!begun) return;
		for (const video of find(frames.map(({ tap }) => tap.document), 'video')) {
			const tracks = video.srcObject?.getVideoTracks?.() ?? [];
			const hide = tracks.length > 0 && tracks.every((track) => frames.some(({ withholding }) => withholding.withheld(track)));
			if (hide) video.style.setProperty('visibility', 'hidden', 'important');
			else if (hidden.has(video)) video.style.removeProperty('visibility');
			if (hide) hidden.add(video);
			else hidden.delete(video);
		}
	};
	return { apply, hideVideos, held: () => held };
}

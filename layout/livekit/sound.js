// Plays the sound of each remote track in an element of its own, so that one that
// fails takes no other with it.
export function newSound() {
	const elements = new Map(); // track -> audio element
	return {
		play(track) {
			if (elements.has(track)) return;
			const element = track.attach();
			element.hidden = true;
			document.body.append(element);
			elements.set(track, element);
		},
		stop(track) {
			const element = elements.get(track);
			if (!element) return;
			elements.delete(track);
			track.detach(element);
			element.remove();
		},
	};
}
